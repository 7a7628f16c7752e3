"""Why a layer of a network differs from a reference: its smallest change that gives all that the reference has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...formats import FixedQ, Format
from ...network.case import Case
from ._compare import diff
from ._properties import properties
from ._words import in_words, joined

_SAMPLES = 32  # by which most changes are ruled out
_MOST = 3
_BY_DEFAULT = FixedQ(16, 6)  # of hls4ml, where nothing is said
Arrays = Mapping[str, NDArray[Any]]


def layer_causes(case: Case) -> tuple[str, ...]:
    """Sentences, at most three: each of them explains every result; else what `diff` says of where they lie.

    In them a is the format here, and b the reference.
    """
    wrong = case.different[:_SAMPLES]
    few = case.part(np.union1d(wrong, np.arange(min(_SAMPLES, len(case.got)))))
    of_format = _of_result(case)
    found = [sentence for sentence in of_format if sentence.startswith('b ')]
    shown = [f'{case.name}.result: {sentence}' for sentence in found]
    if case.layer.inputs:
        shown += _of_weights(few, case)
        shown += _of_accumulator(few, case)
        shown += _of_layers(few, case)
        # which one weight alone could do, where there is little to be explained
        shown = shown or [*_of_one_weight(few, case)]
    return tuple(shown[:_MOST] or [f'{case.name}.result: {sentence}' for sentence in of_format[:_MOST]])


def _of_result(case: Case) -> tuple[str, ...]:
    """What `diff` says of the format of the results, by the numbers that are cast to it."""
    _, sums = case.sums(case.weights, case.accumulator)
    spec = case.network.formats[case.name]
    sums = sums.reshape(case.got.shape)
    if object in (sums.dtype, case.expected.dtype):
        return ()
    return diff(spec, case.expected, sums).causes


def _of_weights(few: Case, case: Case) -> Iterator[str]:
    """Another format of one of the weights, or none."""
    for tensor, floats in case.layer.weights.items():
        spec, ours = case.spec(tensor), case.weights[tensor]
        if isinstance(spec, Format):
            changes = [change for way in properties(spec.general).ways(ours) for change in way]
            others = _changed(spec.general, changes)
            same = [in_words(spec.general, to) for to in others if _gives(few, case, {tensor: _of(to, floats)})]
            if same:
                yield f'{case.name}.{tensor}: b differs by {joined(_fewest(same))}'
            if _gives(few, case, {tensor: floats}):
                yield f'{case.name}.{tensor}: b has it as it was trained, not quantized'
        if ours.any() and _gives(few, case, {tensor: np.zeros_like(ours)}):
            yield f'{case.name}.{tensor}: b has none, or zeros'
        if ours.any() and _gives(few, case, {tensor: -ours}):
            yield f'{case.name}.{tensor}: b has it with the other sign'


def _of_accumulator(few: Case, case: Case) -> Iterator[str]:
    """Another format of the accumulator, or one where none is said."""
    if not case.layer.operation.accumulates:
        return
    asked, exact = case.accumulator, case.network.accumulators[case.name]
    if asked is not None:
        others = _changed(asked, [change for way in properties(asked).ways(np.zeros(1)) for change in way])
        same = [in_words(asked, other) for other in others if _gives(few, case, {}, other)]
        if same:
            yield f'{case.name}.accum: b differs by {joined(_fewest(same))}'
            return
    result = case.spec('result')
    named = {'that of its result': result, 'that of hls4ml where none is said': _BY_DEFAULT}
    for name, other in named.items():
        if isinstance(other, FixedQ) and other != asked and _gives(few, case, {}, other):
            yield f'{case.name}.accum: b sums in {name}, {other.label}, not in {exact.label}'
            return


def _of_layers(few: Case, case: Case) -> Iterator[str]:
    """Another layer in place of this one, its weights, or none."""
    for name, theirs in few.trace.items():
        if name == case.name or theirs.shape != few.expected.shape:
            continue
        if np.array_equal(theirs, few.expected) and np.array_equal(case.trace[name], case.expected):
            taken = name in case.layer.inputs
            yield f'{case.name}: b has what it takes, as if it was left out' if taken else f'{case.name}: b is {name}'
    if len(case.weights) > 1 and _gives(few, case, case.layer.weights):
        yield f'{case.name}: b has all its weights as they were trained, not quantized'
    shapes = {tensor: array.shape for tensor, array in case.weights.items()}
    for name, other in case.network.layers.items():
        alike = name != case.name and shapes and {n: array.shape for n, array in other.weights.items()} == shapes
        if alike and _gives(few, case, case.weights_of(name)):
            yield f'{case.name}: b has the weights of {name}'


def _of_one_weight(few: Case, case: Case) -> Iterator[str]:
    """A single number of the weights that is another one, such as a stale one."""
    if object in (few.got.dtype, few.expected.dtype):
        return
    # both were rounded alike, which leaves the difference of their sums; but not where one of them is at an end
    spec, error = case.network.formats[case.name], few.expected - few.got
    ends = float(spec.min), float(spec.max)
    inside = ~(np.isin(few.expected, ends) | np.isin(few.got, ends))
    zeros = {tensor: np.zeros_like(array) for tensor, array in few.weights.items()}
    for tensor, array in case.weights.items():
        of = case.spec(tensor)
        if not isinstance(of, Format):
            continue
        for index in np.ndindex(array.shape):
            one = zeros[tensor].copy()
            one[index] = 1
            _, sums = few.sums({**zeros, tensor: one}, None)
            effect = np.where(inside, np.asarray(sums, np.float64).reshape(error.shape), 0)
            power = float(np.square(effect).sum())
            if not power:
                continue
            near = float(array[index] + (effect * error).sum() / power)  # by least squares
            for number in (near, near - float(of.eps), near + float(of.eps)):
                changed = array.copy()
                changed[index] = of(number)
                if changed[index] != array[index] and _gives(few, case, {tensor: changed}):
                    place = ', '.join(map(str, index))
                    yield f'{case.name}.{tensor}: b has {changed[index]!s} at [{place}], not {array[index]!s}'
                    return


def _fewest(said: list[str]) -> list[str]:
    """Those that change the fewest properties."""
    fewest = min((words.count(' and ') for words in said), default=0)
    return [words for words in said if words.count(' and ') == fewest]


def _gives(few: Case, case: Case, changed: Arrays, accumulator: FixedQ | None = None) -> bool:
    """Whether changed weights, or another accumulator, give the reference: of a few samples, and then of all."""
    accumulator = case.accumulator if accumulator is None else accumulator
    return all(part.gives({**part.weights, **changed}, accumulator) for part in (few, case))


def _changed(spec: Any, changes: list[dict[str, Any]]) -> Iterator[Any]:
    """The formats that changes give; those that are none are left out."""
    for change in changes:
        with suppress(ValueError):
            yield replace(spec, **change)


def _of(spec: Format, floats: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(spec(floats))
