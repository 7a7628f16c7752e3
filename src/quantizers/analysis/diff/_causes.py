"""Why two sides differ: the smallest change of a format that gives all of the other side's values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from itertools import combinations, product

import numpy as np

from ...formats import Format
from ._evidence import Evidence, regions
from ._otherwise import otherwise
from ._properties import Changes, properties
from ._values import differ, rounded_to
from ._words import in_words, joined, place

_MOST_CHANGES = 3


def causes(a: Format, b: Format | None, evidence: Evidence) -> tuple[str, ...]:
    """Sentences: what explains every element, then where the differing inputs lie."""
    found = _of_formats(a, b, evidence) if b is not None else _of_numbers(a, evidence)
    explained, total = bool(found), int(np.count_nonzero(evidence.different))
    for name, where in regions(a, evidence.x):
        count = int(np.count_nonzero(evidence.different & where))
        if not count:
            continue
        lie = f'{_share(count, total)}: {place(a, name)}'
        part = evidence.part(where)
        sizes = () if explained else (1, 2)
        reason = next((joined(shown) for n in sizes if (shown := _changed(a, part, n, modes_alone=True))), '')
        found.append(f'{lie}; there b is as by {reason}' if reason else lie)
    return tuple(found)


def _share(count: int, total: int) -> str:
    if count < total:
        return f'{count:,} of the {total:,} differing inputs'
    return 'the differing input' if total == 1 else f'all {total:,} differing inputs'


def _of_formats(a: Format, b: Format, evidence: Evidence) -> list[str]:
    a, b = a.general, b.general
    if a.kind != b.kind:
        return [f'b is {in_words(a, b)}']
    names = [field.name for field in fields(a) if getattr(a, field.name) != getattr(b, field.name)]
    for size in range(1, len(names) + 1):
        some = ({name: getattr(b, name) for name in chosen} for chosen in combinations(names, size))
        shown = _showing(a, some, evidence)
        if shown:
            return [f'b differs by {joined(shown)}']
    return []


def _of_numbers(a: Format, evidence: Evidence) -> list[str]:
    found = list(_not_values(a, evidence))
    for size in range(1, 2 if found else _MOST_CHANGES + 1):
        shown = _changed(a, evidence, size)
        if shown:
            return [*found, f'b differs by {joined(shown)}']
    return found or list(otherwise(a, evidence))


def _not_values(a: Format, evidence: Evidence) -> Iterator[str]:
    """What `b` is, if it is no set of values of a format."""
    x, ours, theirs, _, dtype = evidence
    if not differ(x, theirs).any():
        yield 'b is x itself, not quantized'
    try:
        codes = {'codes': a.encode(x), 'raw bits': a.to_bits(x)}
    except ValueError:  # NaN has none
        codes = {}
    yield from (
        f'b holds the {name} of a, not its values' for name, code in codes.items() if not differ(code, theirs).any()
    )
    if dtype is not None and dtype.kind not in 'iubO' and not a.fits(dtype):
        # once, and by way of float64, as a program does that computes in double
        ways = (rounded_to(dtype, values) for values in (ours, rounded_to(np.dtype(np.float64), ours)))
        if not all(differ(rounded, theirs).any() for rounded in ways):
            yield f'b is a rounded to {dtype.name}, which cannot hold every value of it'


def _changed(a: Format, evidence: Evidence, size: int, *, modes_alone: bool = False) -> list[str]:
    """The changes of `size` properties of `a` that give every element; of its modes, if `modes_alone`."""
    a = a.general
    ways = list(properties(a).ways(evidence.theirs))
    if modes_alone:
        ways = [way for way in ways if way[0].keys() & {'rounding', 'overflow'}]
    chosen = (changes for some in combinations(ways, size) for changes in product(*some))
    merged = ({name: value for change in changes for name, value in change.items()} for changes in chosen)
    return _showing(a, merged, evidence)


def _showing(a: Format, several: Iterable[Changes], evidence: Evidence) -> list[str]:
    """In words, those of the changes that are formats and give every element."""
    sample, shown = evidence.sample(), []
    for changes in several:
        try:
            changed = replace(a, **changes)
        except ValueError:  # there is no such format
            continue
        if sample.shows(changed) and evidence.shows(changed):
            shown.append(in_words(a, changed))
    return sorted(shown, key=lambda words: words.count(' and '))  # which change less
