"""What the inputs could not show: a difference of two formats that none of them meets, a place where none lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks.numbers import number
from ...formats import Format
from ...modes import deterministic
from ..verify._inputs import inputs
from ._evidence import Evidence, regions
from ._properties import properties
from ._values import differ, quantized
from ._words import in_words, place

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EDGES = 1000  # inputs of a format; more where it has more edges, and those are what tells
_PLACES = ('rounded', 'ties', 'between')  # where a format's modes act


def edge_inputs(*specs: Format) -> NDArray[np.float64]:
    """The inputs on which `verify` compares these formats, those next to 0 first."""
    x = np.unique(np.concatenate([inputs(spec, _EDGES) for spec in specs])) + 0.0  # which makes 0 of -0
    return np.asarray(x[np.argsort(np.abs(x), kind='stable')])


def not_shown(a: Format, b: Format | None, evidence: Evidence, *, edges: bool) -> tuple[str, ...]:
    """Sentences, with an input that would show it if an edge input does; `edges` says that the inputs are these."""
    found = _places(a, evidence) if b is None else _differences(a, b, evidence, edges)
    return tuple(found)


def _places(a: Format, evidence: Evidence) -> Iterator[str]:
    """Those in which no input lies; nothing is known there of what made the numbers."""
    empty = [name for name, where in regions(a, evidence.x) if name.startswith(_PLACES) and not where.any()]
    edges = edge_inputs(a) if empty else evidence.x[:0]
    for name, where in regions(a, edges):
        if name in empty and where.any():
            yield f'{place(a, name)}: no input is there, as x = {number(_plainest(edges[where]))} is'


def _differences(a: Format, b: Format, evidence: Evidence, edges: bool) -> Iterator[str]:
    """The properties in which the formats differ, and by none of the inputs."""
    a, b = _at_inference(a), _at_inference(b)
    if a == b:
        return
    of_a, of_b = evidence._replace(theirs=evidence.ours), evidence
    missing = []
    for take in properties(a).taken() if a.kind == b.kind else ():
        with_b, with_a = _changed(a, take(a, b)), _changed(b, take(b, a))
        pairs, same = [], True
        if with_b and with_b != a:
            pairs.append((a, with_b))
            same = _same(with_b, of_a)
        if with_a and with_a != b:
            pairs.append((with_a, b))
            same = same and _same(with_a, of_b)
        if pairs and same:
            missing.append(pairs)
    if not missing and not evidence.different.any():
        missing.append([(a, b)])
    others = edge_inputs(a, b) if missing and not edges else None
    for pairs in missing:
        yield in_words(*pairs[0]) + ('' if others is None else _as_of(a, pairs, others))


def _as_of(a: Format, pairs: list[tuple[Format, Format]], edges: NDArray[np.float64]) -> str:
    for p, q in pairs:
        differing = edges[differ(quantized(p, edges), quantized(q, edges))]
        if differing.size:
            x = _plainest(differing)
            name = next(name for name, where in regions(a, np.array([x])) if where.all())
            return f'; x = {number(x)} would ({place(a, name)})'
    return '; nor do the edge inputs of a and b'


def _plainest(x: NDArray[np.float64]) -> float:
    return float(min(x.tolist(), key=lambda value: (len(number(value)), abs(value), value)))


def _same(changed: Format, side: Evidence) -> bool:
    return side.sample().shows(changed) and side.shows(changed)


def _changed(spec: Format, changes: dict[str, Any]) -> Format | None:
    try:
        return replace(spec, **changes)
    except ValueError:  # there is no such format
        return None


def _at_inference(spec: Format) -> Format:
    spec = spec.general
    return replace(spec, rounding=deterministic(spec.modes.rounding)) if spec.modes and spec.stochastic else spec
