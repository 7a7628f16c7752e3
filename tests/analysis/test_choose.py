"""`quantizers.choose`: no narrower format meets the goal, and what is said of a format is so: all formats are tried."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracles.command import Run, wrote
from oracles.reference import ROUNDINGS, code_range, exact, overflowed, power_of_two, rounded
from quantizers import Candidate, Choice, Choices, FixedQ, QuantizerConfig, choose
from quantizers.analysis.choose._rounded import rounded as numpy_rounded
from quantizers.analysis.choose._search import _below as below
from quantizers.backends.numpy import binding

MAX_WIDTH = 9
SAME = 1e-9  # dB


class Truth(NamedTuple):
    """What a format does, in exact arithmetic."""

    sqnr: float
    max_error: Fraction
    saturated: Fraction
    flushed: Fraction


def truth(values: Sequence[float], spec: FixedQ) -> Truth:
    # integers, in units of which the numbers and the step are multiples
    bits = max(spec.f, *(exact(value).denominator.bit_length() - 1 for value in values))
    step = 1 << (bits - spec.f)
    lo, hi = code_range(spec.width, spec.signed, spec.overflow)
    signal = noise = worst = saturated = flushed = 0
    for value in values:
        x = int(exact(value) * power_of_two(bits))
        code, below = rounded_in_steps(value, spec.f, spec.rounding)
        saturated += not lo <= code <= hi
        code = overflowed(code, below, spec.width, spec.signed, spec.overflow)
        error = abs(x - code * step)
        signal, noise, worst = signal + x * x, noise + error * error, max(worst, error)
        flushed += x != 0 and code == 0
    sqnr = decibels(Fraction(signal, noise)) if noise else math.inf
    shares = Fraction(saturated, len(values)), Fraction(flushed, len(values))
    return Truth(sqnr, worst * power_of_two(-bits), *shares)


@lru_cache(1 << 16)
def rounded_in_steps(value: float, f: int, rounding: str) -> tuple[int, int]:
    """The rounded code, before overflow, and the floor: the same for formats of all widths."""
    y = exact(value) * power_of_two(f)
    return rounded(y, rounding), math.floor(y)


def decibels(ratio: Fraction) -> float:
    bits = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    return 10 * math.log10(ratio / power_of_two(bits)) + 10 * bits * math.log10(2) if ratio else -math.inf


def formats(values: Sequence[float], width: int, rounding: str, overflow: str) -> Iterator[FixedQ]:
    """All formats of a width that could be of use, and some more on both sides."""
    signed = any(value < 0 for value in values)
    exponents = [math.frexp(value)[1] for value in values if value] or [0]
    if not (signed and width == 1 and overflow == 'SAT_SYM'):
        for integer in range(min(exponents) - 4, max(exponents) + 5):
            yield FixedQ(width, integer + signed, signed, rounding, overflow)


def meets(found: Truth, goal: dict[str, float]) -> bool:
    return (
        found.sqnr >= goal.get('sqnr', -math.inf)
        and found.max_error <= (exact(goal['max_error']) if 'max_error' in goal else math.inf)
        and found.saturated <= exact(goal.get('saturated', 1))
    )


def best(tried: dict[FixedQ, Truth]) -> FixedQ:
    top = max(found.sqnr for found in tried.values())
    equal = {spec: found for spec, found in tried.items() if found.sqnr >= top - SAME}
    return min(equal, key=lambda spec: (equal[spec].saturated, spec.integer))


def check_measures(values: Sequence[float], candidate: Candidate) -> None:
    found = truth(values, candidate.spec)
    assert candidate.sqnr == pytest.approx(found.sqnr, rel=1e-9, abs=1e-9), candidate
    assert candidate.max_error == pytest.approx(float(found.max_error), rel=1e-14, abs=0), candidate
    assert candidate.saturated == pytest.approx(float(found.saturated), abs=1e-14), candidate
    assert candidate.flushed == pytest.approx(float(found.flushed), abs=1e-14), candidate


def check_nearest(values: Sequence[float], nearest: Candidate, bounds: dict[str, Any], modes: tuple[str, str]) -> None:
    """What is said to be reached with a bit less is the most that is."""
    tried = [truth(values, spec) for spec in formats(values, nearest.spec.width, *modes)]
    allowed = [found for found in tried if found.saturated <= exact(bounds.get('saturated', 1))]
    if 'sqnr' in bounds:
        assert nearest.sqnr == pytest.approx(max(found.sqnr for found in allowed), abs=SAME)
    else:
        assert nearest.max_error == pytest.approx(float(min(found.max_error for found in allowed)), rel=1e-14)


def check(values: Sequence[float], choice: Choice, goal: dict[str, Any], modes: tuple[str, str]) -> None:
    """The choice is the best of the least width at which there is one; every width below is tried in full."""
    bounds = {name: bound for name, bound in goal.items() if name != 'width'}
    if modes[1] in ('WRAP', 'SAT_ZERO'):
        bounds['saturated'] = 0
    for width in range(goal.get('width', 1), choice.spec.width + 1):
        tried = {spec: truth(values, spec) for spec in formats(values, width, *modes)}
        good = {spec: found for spec, found in tried.items() if meets(found, bounds)}
        if good:
            break
    assert good, f'{choice.chosen} does not meet {goal}'
    assert width == choice.spec.width, f'{best(good)} is narrower than {choice.spec}'
    if any(values):
        assert choice.spec == best(good)
    else:
        assert (choice.spec.integer, choice.spec.signed) == (0, False)
    for candidate in choice.candidates:
        check_measures(values, candidate)
    assert choice.chosen in choice.candidates
    if any(values) and 'width' not in goal and choice.candidates[0].spec.width < choice.spec.width:
        check_nearest(values, choice.candidates[0], bounds, modes)


def chosen_or_none(values: Sequence[float], goal: dict[str, Any], modes: tuple[str, str]) -> Choice | None:
    """The choice; None, after a check that there is none, where it is refused."""
    rounding, overflow = modes
    if overflow in ('WRAP', 'SAT_ZERO'):
        goal = goal | {'saturated': 0}
    try:
        found = choose(np.array(values), **goal, rounding=rounding, overflow=overflow, max_width=MAX_WIDTH)
    except ValueError as error:
        message = str(error)
    else:
        return found['x']
    if 'width' in goal:
        if overflow != 'SAT_SYM' and goal['width'] == 1:
            assert rounding in ('CEIL', 'AWAY', 'TO_ODD')
            assert 'no format of 1 bit has' in message
            assert not any(meets(truth(values, spec), goal) for spec in formats(values, 1, *modes))
            return None
        assert (goal['width'], overflow) == (1, 'SAT_SYM'), message
        return None
    assert f'no format of at most {MAX_WIDTH} bits' in message
    for width in range(1, MAX_WIDTH + 1):
        for spec in formats(values, width, *modes):
            assert not meets(truth(values, spec), goal), spec
    return None


number = (
    st.integers(-40, 40).map(lambda n: n / 8)
    | st.floats(-6, 6, width=16)
    | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 1 - 2**-20, -1 - 2**-20, 2.0**-9, 1e-12, -1e-12])
)
values_of = st.lists(number, min_size=1, max_size=8)
scales = st.sampled_from([0, 0, 0, 3, -7, 900, -1060])
goals = st.one_of(
    st.fixed_dictionaries({'width': st.integers(1, MAX_WIDTH)}, optional={'saturated': st.sampled_from([0, 0.2, 0.5])}),
    st.fixed_dictionaries({'sqnr': st.floats(-3, 50)}, optional={'saturated': st.sampled_from([0, 0.2, 0.5])}),
    st.fixed_dictionaries({'max_error': st.sampled_from([2.0**-j for j in range(-3, 7)]) | st.floats(0, 3)}),
    st.fixed_dictionaries(
        {'sqnr': st.floats(0, 30), 'max_error': st.floats(0.01, 2)}, optional={'saturated': st.sampled_from([0, 0.3])}
    ),
)
modes_of = st.tuples(
    st.sampled_from([*ROUNDINGS, 'RND', 'RND', 'RND']), st.sampled_from(['SAT', 'SAT', 'SAT_SYM', 'WRAP', 'SAT_ZERO'])
)


@settings(max_examples=250, deadline=None)
@given(values_of, goals, modes_of, scales)
@example([0.001953125], {'width': 6}, ('TRN', 'SAT'), -1060)  # an error that float64 has not
@example([1.0, -1.0], {'width': 1}, ('RND', 'SAT'), 0)
@example([1.0, -1.0], {'width': 1}, ('CEIL', 'SAT'), 0)
@example([1.0, -1.0], {'width': 1, 'saturated': 0}, ('CEIL', 'SAT'), 0)
@example([-1.0, 0.4], {'width': 1, 'saturated': 0}, ('TRN', 'SAT'), 0)
@example([3.0], {'width': 1}, ('RND', 'SAT'), 0)
@example([1 - 2**-20], {'width': 2}, ('TO_ODD', 'SAT'), 0)  # a step above the number is nearer
@example([0.96875, -1.03], {'width': 4, 'saturated': 0}, ('RND', 'SAT'), 0)
def test_no_smaller_format_meets_the_goal(
    values: list[float], goal: dict[str, Any], modes: tuple[str, str], scale: int
) -> None:
    values = [math.ldexp(value, scale) for value in values]
    if 'max_error' in goal:
        goal = goal | {'max_error': math.ldexp(goal['max_error'], scale)}
    choice = chosen_or_none(values, goal, modes)
    if choice is not None:
        check(values, choice, goal, modes)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(number, number, number), min_size=1, max_size=6), goals, st.sampled_from([0, 1, -1]))
def test_no_smaller_format_meets_the_goal_of_a_channel(rows: list[Any], goal: dict[str, Any], axis: int) -> None:
    array = np.array(rows) * [1, 64, 2**-30]  # channels of other magnitudes each, if they are columns
    channels = [list(channel) for channel in np.moveaxis(array, axis, 0)]
    alone = [chosen_or_none(channel, goal, ('RND', 'SAT')) for channel in channels]
    if None in alone:
        with pytest.raises(ValueError, match='no format of at most'):
            choose(array, axis=axis, **goal, max_width=MAX_WIDTH)
        return
    choices = choose(array, axis=axis, **goal, max_width=MAX_WIDTH)
    assert list(choices) == [f'x[{channel}]' for channel in range(array.shape[axis])]
    for channel, choice, other in zip(channels, choices.values(), alone, strict=True):
        check(channel, choice, goal, ('RND', 'SAT'))
        assert other is not None
        assert choice.spec == other.spec


def test_the_least_error_is_not_always_that_of_the_highest_sqnr() -> None:
    values = [0.3] * 200 + [5.0]
    choice = choose(values, max_error=0.1)['x']
    check(values, choice, {'max_error': 0.1}, ('RND', 'SAT'))
    nearest = choice.candidates[0]
    assert choose(values, width=nearest.spec.width)['x'].chosen.sqnr > nearest.sqnr


def assert_alike(a: Choices, b: Choices) -> None:
    """Equal formats, and measures that differ by the order of sums alone."""
    assert list(a) == list(b)
    for one, other in zip(a.values(), b.values(), strict=True):
        assert one.spec == other.spec
        assert [c.spec for c in one.candidates] == [c.spec for c in other.candidates]
        for c, d in zip(one.candidates, other.candidates, strict=True):
            assert c.sqnr == pytest.approx(d.sqnr, rel=1e-12)
            assert (c.max_error, c.saturated, c.flushed) == (d.max_error, d.saturated, d.flushed)


@settings(max_examples=60, deadline=None)
@given(st.lists(number, min_size=1, max_size=12), st.lists(st.integers(0, 12)), st.sampled_from([None, 1]))
def test_batches_are_as_one_array(values: list[float], cuts: list[int], axis: int | None) -> None:
    array = np.array(values)[:, None] * [1, -8]
    parts = np.split(array, sorted(cuts))  # some are empty
    for goal in ({'sqnr': 20.1}, {'width': 5}, {'max_error': 0.03, 'saturated': 0}):
        at_once = choose(array, axis=axis, **goal)
        assert_alike(choose(iter(parts), axis=axis, **goal), at_once)
        named = choose(({'x': part} for part in parts), axis=axis, **goal)
        assert_alike(named, at_once)


class Read(dict[str, Any]):
    """Tensors, and how often they are read."""

    times = 0

    def items(self) -> Any:
        self.times += 1
        return super().items()


@pytest.mark.parametrize(
    ('goal', 'times'),
    [
        ({'sqnr': 30}, 1),
        ({'sqnr': 130}, 1),
        ({'sqnr': 30, 'max_error': 1e-5}, 2),  # which asks for more bits than the first bound
        ({'max_error': 0.01}, 1),
        ({'max_error': 1e-6}, 2),
        ({'width': 20}, 1),
        ({'max_error': 1e-9, 'max_width': 10}, 1),  # which none reaches
    ],
)
def test_numbers_are_read_again_only_where_more_bits_are_asked_for(goal: dict[str, Any], times: int) -> None:
    x = np.random.default_rng(11).normal(size=5000)
    x[:3] = 30, 0.5, -0.25
    tensors = Read(x=x, y=np.abs(x))

    def outcome(source: Any) -> Any:
        with contextlib.suppress(ValueError):
            return choose(source, **goal)
        with pytest.raises(ValueError, match=r'no format of at most 10 bits') as refused:
            choose(source if source is tensors else iter([dict(tensors)]), **goal)
        return str(refused.value)

    found, once = outcome(tensors), outcome(iter([dict(tensors)]))
    if isinstance(found, str):
        assert found == once
        times *= 2
    else:
        assert_alike(once, found)
    assert tensors.times == times


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16', 'float32', 'float64', 'int16', 'int64', 'uint8', 'bool'])
def test_what_is_said_is_what_the_format_does_to_many_numbers(dtype: str) -> None:
    rng = np.random.default_rng(7)
    x = (rng.normal(size=(3, 70_001)) * 4).astype(ml_dtypes.bfloat16 if dtype == 'bfloat16' else dtype)
    for goal in ({'width': 3}, {'sqnr': 15}, {'max_error': 0.3}):
        choice = choose(x, **goal)['x']  # type: ignore[arg-type]
        assert len(choice.candidates) >= 2
        for candidate in choice.candidates:
            wide = x.astype(np.float64)
            q = candidate.spec(wide)
            noise = np.sum((wide - q) ** 2)
            with np.errstate(divide='ignore'):
                sqnr = 10 * np.log10(np.sum(wide**2) / noise)
            room = FixedQ(candidate.spec.width + 40, candidate.spec.integer + 40, True, candidate.spec.rounding)(wide)
            assert candidate.sqnr == pytest.approx(sqnr, abs=1e-9)
            assert candidate.max_error == np.max(np.abs(wide - q))
            assert candidate.saturated == np.mean(room != q)
            assert candidate.flushed == np.mean((wide != 0) & (q == 0))


def test_it_says_why() -> None:
    x = np.linspace(-1, 0.99, 200)
    choice = choose(x, sqnr=30)['x']
    assert choice.reason == 'the narrowest with SQNR >= 30 dB: 5 bits reach 29.8 dB'
    assert [c.spec.width for c in choice.candidates] == [5, 6, 6, 6, 7]
    assert [c.spec.integer for c in choice.candidates[1:4]] == [0, 1, 2]
    assert choose(x, width=1)['x'].reason == 'the highest SQNR of 1 bit'
    assert choose(x, width=7, saturated=0)['x'].reason == 'the highest SQNR of 7 bits with no overflow'
    reason = choose(x, max_error=0.125, sqnr=3, saturated=0.5)['x'].reason
    assert reason.startswith(
        'the narrowest with SQNR >= 3 dB and the largest error <= 0.125 and at most 50 % saturated'
    )
    assert 'bits reach' in reason
    assert [below(29.94, 30), below(29.96, 30), below(31.26, 30)] == ['29.9', '29.96', '31.3']


def test_a_goal_that_is_out_of_reach_says_what_is_reached() -> None:
    x = np.array([1.0, 1 / 3])
    reached = truth([1.0, 1 / 3], choose(x, width=8).spec).sqnr
    with pytest.raises(
        ValueError, match=rf"^'x': no format of at most 8 bits has SQNR >= 90 dB: 8 bits reach {reached:.1f} dB$"
    ):
        choose(x, sqnr=90, max_width=8)
    with pytest.raises(
        ValueError, match=r"^'w\[1\]': no format of at most 4 bits has the largest error <= 0.001: 4 bits "
    ):
        choose({'w': [[1.0, 2.0], [0.3, 1.7]]}, max_error=0.001, max_width=4, axis=0)
    with pytest.raises(ValueError, match=r'has SQNR >= inf dB: 32 bits reach \d+\.\d dB$'):
        choose([1.0, 2.0**-40], sqnr=math.inf)
    assert choose([1.0, 2.0**-40], sqnr=math.inf, max_width=64).spec == FixedQ(41, 1, False, 'RND', 'SAT')


def test_zeros_constants_and_extremes() -> None:
    zeros = choose(np.zeros(5), sqnr=100)['x']
    assert zeros.spec == FixedQ(1, 0, False, 'RND', 'SAT')
    assert (zeros.chosen.sqnr, zeros.chosen.max_error, zeros.chosen.flushed) == (math.inf, 0, 0)
    assert choose([0.0], width=8).spec == FixedQ(8, 0, False, 'RND', 'SAT')
    assert choose([-0.5] * 3, sqnr=math.inf).spec == FixedQ(1, 0, True, 'RND', 'SAT')
    assert choose([0.75] * 3, max_error=0).spec == FixedQ(2, 0, False, 'RND', 'SAT')
    assert choose(0.75, max_error=0).spec == FixedQ(2, 0, False, 'RND', 'SAT')
    assert choose(np.array([5e-324, 1e-323]), sqnr=math.inf).spec == FixedQ(2, -1072, False, 'RND', 'SAT')
    assert choose(np.float32([1e-45]), width=1).spec.f == 149
    wide = choose([2.0**300, 2.0**-211], sqnr=math.inf, max_width=512)['x']
    assert wide.spec == FixedQ(512, 301, False, 'RND', 'SAT')
    for candidate in wide.candidates:
        check_measures([2.0**300, 2.0**-211], candidate)
    huge = choose([1.7e308, -1e-300], sqnr=40)['x']
    check_measures([1.7e308, -1e-300], huge.chosen)
    channels = choose(np.array([[0.0, 1.0, -3.0]]), axis=1, sqnr=math.inf)
    assert [(s.width, s.integer, s.signed) for s in channels.specs] == [(1, 0, False), (1, 1, False), (3, 3, True)]
    assert list(choose(np.ones((5, 3)), axis=1, width=2)) == ['x[0]', 'x[1]', 'x[2]']
    assert [spec.integer for spec in choose([0.25, 1.0, -64.0], axis=0, sqnr=math.inf).specs] == [-1, 1, 7]


@pytest.mark.parametrize(
    'goal',
    [
        {'width': 8},
        {'width': 1},
        {'width': 8, 'saturated': 0},
        {'width': 8, 'overflow': 'SAT_SYM'},
        {'width': 8, 'overflow': 'WRAP', 'rounding': 'TRN'},
        {'sqnr': math.inf},
        {'max_error': 0, 'saturated': 0, 'overflow': 'SAT_ZERO'},
        {'score': lambda _: 1.0, 'max_loss': 0},
    ],
    ids='-'.join,
)
def test_zeros_take_no_range(goal: dict[str, Any]) -> None:
    width = goal.get('width', 1)
    modes = goal.get('rounding', 'RND'), goal.get('overflow', 'SAT')
    expected = FixedQ(width, 0, False, *modes)
    zeros = np.array([0.0, -0.0, 0.0])
    alone = choose(zeros, **goal)['x']
    assert (alone.spec, alone.chosen.sqnr, alone.chosen.saturated) == (expected, math.inf, 0)
    assert {candidate.spec.integer for candidate in alone.candidates} == {0}
    for x in (np.stack([zeros, [3, 0.25, 100]]), iter([np.stack([zeros, zeros]), [[0.0] * 3, [3, 0.25, 100]]])):
        channels = choose(x, axis=0, **goal)
        assert channels['x[0]'].spec == expected
        assert channels['x[1]'].spec == choose([3, 0.25, 100, 0, 0, 0], **goal).spec
    # where others come later, these alone decide
    assert choose(iter([zeros, [0.25, 0.5]]), **goal).spec == choose([0.25, 0.5], **goal).spec


@pytest.mark.parametrize(
    ('x', 'goal', 'error', 'message'),
    [
        ({'w': [[1, math.nan], [math.inf, math.nan]]}, {'width': 8}, ValueError, 'finite: 2 NaN and 1 Inf of 4'),
        ([np.ones(3), np.array([1, -math.inf])], {'width': 8}, ValueError, '1 Inf of 5, the first at the flat index 4'),
        (np.empty((0, 3)), {'width': 8}, ValueError, "'x': must have an element at least: it is empty"),
        ({'a': np.ones((3, 0))}, {'width': 8, 'axis': 0}, ValueError, "'a': must have an element"),
        ({'a': np.ones((3, 0))}, {'width': 8, 'axis': 1}, ValueError, "'a': must have an element"),
        ([np.empty(0)], {'sqnr': 3}, ValueError, "'x': must have an element"),
        (iter(()), {'sqnr': 3}, ValueError, "'x' must have a tensor: it is empty"),
        ({}, {'sqnr': 3}, ValueError, "'x' must have a tensor: it is empty"),
        ({1: [1.0]}, {'sqnr': 3}, ValueError, 'the name of a tensor must be a non-empty string: 1'),
        ({'a': ['b']}, {'sqnr': 3}, TypeError, "'a': 'x' must be an array of real numbers"),
        ({'a': [1j]}, {'sqnr': 3}, TypeError, "'a': 'x' must be an array of real numbers"),
        (np.ma.masked_equal([1, 2], 2), {'sqnr': 3}, TypeError, "'x': must have no mask"),
        (np.array([2**53 + 1]), {'sqnr': 3}, ValueError, "'x': integers must be within 2^53, to be exact"),
        (np.array([-(2**63)]), {'sqnr': 3}, ValueError, 'integers must be within 2^53'),
        (np.ones(3), {'sqnr': 3, 'axis': 1}, ValueError, "'axis' must be one of 'x', which has the shape (3,): 1"),
        (np.ones(3), {'sqnr': 3, 'axis': 1.0}, ValueError, "'axis' must be an integer or None: 1.0"),
        (np.ones(3), {'sqnr': 3, 'axis': '1'}, ValueError, "'axis' must be an integer or None: '1'"),
        (np.ones(3), {'sqnr': 3, 'axis': True}, ValueError, "'axis' must be an integer or None: True"),
        (iter([np.ones(3), np.ones(2)]), {'sqnr': 3, 'axis': 0}, ValueError, 'must have the same channels: 3, 2'),
        ([1.0], {}, ValueError, "'sqnr', 'max_error' or 'width' must be given, such as --sqnr 30 (in Pyth"),
        ([1.0], {'saturated': 0}, ValueError, "'sqnr', 'max_error' or 'width' must be given"),
        ([1.0], {'width': 8, 'sqnr': 30}, ValueError, "'width' must not be given with the bounds"),
        ([1.0], {'width': 8, 'max_error': 1}, ValueError, "'width' must not be given with the bounds"),
        ([1.0], {'width': 0}, ValueError, "'width' must be an integer from 1 to 512: 0"),
        ([1.0], {'sqnr': math.nan}, ValueError, "'sqnr' must be from -inf to inf (dB): nan"),
        ([1.0], {'sqnr': 'a'}, ValueError, "'sqnr' must be a number (dB): 'a'"),
        ([1.0], {'max_error': -1}, ValueError, "'max_error' must be from 0 to inf (a distance): -1"),
        ([1.0], {'width': 8, 'saturated': 2}, ValueError, "'saturated' must be from 0 to 1 (a share): 2"),
        ([1.0], {'sqnr': 3, 'max_width': 0}, ValueError, "'max_width' must be an integer from 1 to 512: 0"),
        ([1.0], {'sqnr': 3, 'overflow': 'WRAP', 'saturated': 0.1}, ValueError, "'saturated' must be 0 with"),
        ([1.0], {'sqnr': 3, 'overflow': 'WRAP_SM'}, ValueError, "SAT_ZERO or WRAP: 'WRAP_SM'"),
        ([1.0], {'sqnr': 3, 'rounding': 'UP'}, ValueError, "'rounding' must be one of"),
        ([-1.0], {'width': 1, 'overflow': 'SAT_SYM'}, ValueError, "'width' must be at least 2 for 'x'"),
        ([1.0], {'sqnr': 3, 'inputs': [1]}, ValueError, "'inputs' must go with a Keras model as 'x': list"),
    ],
)  # fmt: skip
def test_what_is_refused(x: Any, goal: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        choose(x, **goal)
    assert message in str(caught.value)


def test_names_lead_to_a_configuration() -> None:
    choices = choose({'a.weight': [0.25, -0.5], 'a.bias': [3]}, max_error=0)
    assert choices.config('exact') == QuantizerConfig(
        {'a.weight': FixedQ(2, 0, True, 'RND', 'SAT'), 'a.bias': FixedQ(2, 2, False, 'RND', 'SAT')}, description='exact'
    )
    with pytest.raises(ValueError, match=r"^'spec' is for one choice: there are 2; take 'specs', "):
        _ = choices.spec
    with pytest.raises(ValueError, match=r"^'reason' is for one choice: there are 2; take 'values\(\)', "):
        _ = choices.reason
    alone = choose([0.25, -0.5], max_error=0)
    assert (alone.spec, alone.reason) == (alone['x'].spec, alone['x'].reason)
    assert choose([0.5], width=8, rounding='s_rnd', overflow='ap_sat').spec == FixedQ(8, 0, False, 'S_RND', 'SAT')


# Files and the command ------------------------------------------------------------------------------------------------


@pytest.fixture
def tensors() -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(3)
    return {
        'dense.weight': rng.normal(size=(300, 4, 70)).astype(np.float32)
        * np.array([1, 10, 0.1, 3], np.float32)[:, None],
        'dense.bias': rng.normal(size=5),
    }


@pytest.mark.parametrize('order', ['C', 'F'])
@pytest.mark.parametrize('axis', [None, 0, -1])
def test_a_file_is_as_its_arrays(tensors: dict[str, Any], order: Any, axis: int | None, tmp_path: Path) -> None:
    path = tmp_path / 'w.npz'
    arrays = {name: np.asarray(tensor, order=order) for name, tensor in tensors.items()}
    np.savez(path, **arrays)
    expected = choose(tensors, sqnr=30.1, axis=axis)
    assert_alike(choose(path, sqnr=30.1, axis=axis), expected)
    assert_alike(choose(str(path), sqnr=30.1, axis=axis), expected)
    assert_alike(choose(arrays, sqnr=30.1, axis=axis), expected)
    np.save(tmp_path / 'w.npy', arrays['dense.weight'])
    assert choose(tmp_path / 'w.npy', sqnr=30.1).spec == choose(tensors['dense.weight'], sqnr=30.1).spec


def test_middle_channels_of_a_file(tensors: dict[str, Any], tmp_path: Path) -> None:
    weight = tensors['dense.weight']
    expected = [choose(weight[:, channel], sqnr=30.1).spec for channel in range(4)]
    assert len(set(expected)) == 4
    for order, array in itertools.product('CF', [weight]):
        np.save(tmp_path / 'w.npy', np.asarray(array, order=order))
        assert list(choose(tmp_path / 'w.npy', sqnr=30.1, axis=1).specs) == expected


def test_the_command(run: Run, tensors: dict[str, Any], tmp_path: Path) -> None:
    np.savez(tmp_path / 'w.npz', **tensors)
    code, out, err = run('choose', tmp_path / 'w.npz', '--sqnr', 30, '-o', tmp_path / 'c.json')
    assert (code, err) == (0, wrote(tmp_path / 'c.json'))
    choices = choose(tensors, sqnr=30)
    assert QuantizerConfig.load(tmp_path / 'c.json') == choices.config()
    lines = [[cell.strip() for cell in line.strip('│').split('│')] for line in out.splitlines() if line.startswith('│')]
    assert lines == choices.rows()
    assert lines[0][0] == 'dense.weight'
    assert lines[0][-1].startswith('the narrowest with SQNR >= 30 dB: ')
    near = run('choose', tmp_path / 'w.npz', '--width', 8, '--saturated', 0, '--near')[1]
    assert near.count('│\n') == len(choose(tensors, width=8, saturated=0).rows(near=True)) > 4
    channels = run('choose', tmp_path / 'w.npz', '--max-error', 0.01, '--axis', 0, '--overflow', 'SAT_SYM')[1]
    assert 'dense.bias[4]' in channels
    assert 'AP_SAT_SYM' in channels


def test_the_command_takes_text_and_writes_to_stdout(run: Run, tmp_path: Path) -> None:
    for name, text in (('w.csv', '\ufeff0.3,-1.2,0.7\r-3,0\r'), ('w', '0.3 -1.2\t0.7 # a comment\n-3\n0x0p0')):
        (tmp_path / name).write_text(text)
        expected = choose({'w': [0.3, -1.2, 0.7, -3, 0]}, sqnr=30)
        assert_alike(choose(tmp_path / name, sqnr=30), expected)
        code, out, err = run('choose', tmp_path / name, '--sqnr', 30, '-o', '-')
        assert (code, err) == (0, '')
        assert QuantizerConfig.from_json(out) == expected.config()
    np.savez(tmp_path / 'w.npz', a=np.ones(3))
    (tmp_path / 'w.npz').replace(tmp_path / 'w')
    assert 'a' in choose(tmp_path / 'w', width=8)
    command = f'printf "0.3 0.7" | "{sys.executable}" -m quantizers choose /dev/stdin --width 8 -o -'
    piped = subprocess.run(['sh', '-c', command], capture_output=True, check=True)
    assert QuantizerConfig.from_json(piped.stdout) == choose({'stdin': [0.3, 0.7]}, width=8).config()
    for text, message in (('0.3;0.4', "w.csv:1: not a number: '0.3;0.4'"), ('', "'w': must have an element")):
        (tmp_path / 'w.csv').write_text(text)
        code, out, err = run('choose', tmp_path / 'w.csv', '--sqnr', 30)
        assert (code, out, err.count('\n')) == (2, '', 1)
        assert message in err
    (tmp_path / 'w.csv').write_text(f'{1 << 64} 0.5')
    with pytest.raises(ValueError, match=r'w\.csv: must be numbers that float64 or integers of 64 bits hold'):
        choose(tmp_path / 'w.csv', sqnr=30)
    assert {path.name for path in tmp_path.iterdir()} == {'w', 'w.csv'}


def test_the_command_refuses_in_one_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / 'w.npz'
    np.savez(path, a=np.array([1, math.nan]), b=np.ones(2))
    before = path.read_bytes()
    for arguments, message in [
        ((path, '--sqnr', 30), "'a': all numbers must be finite: 1 NaN and 0 Inf of 2"),
        ((path,), "'sqnr', 'max_error' or 'width' must be given, such as --sqnr 30"),
        ((path, '--width', 8, '--sqnr', 30), 'give --width 8 alone for the best format of a width, or --sqnr 30 '),
        ((path, '--width', 8, '-o', path), 'is the input, which would be overwritten'),
        ((tmp_path / 'none.npz', '--width', 8), 'none.npz: No such file'),
    ]:
        code, out, err = run('choose', *arguments)
        assert (code, out, err.count('\n')) == (2, '', 1), err
        assert message in err
    np.savez(path, a=np.array(['text']))
    assert "'a': must be an array of real numbers" in run('choose', path, '--width', 8)[2]
    assert path.read_bytes() != before
    assert [found.name for found in tmp_path.iterdir()] == ['w.npz']


def test_progress_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    choose([1.0], width=8)
    assert capsys.readouterr().err == ''
    np.savez(tmp_path / 'w.npz', a=np.ones(3))
    command = [sys.executable, '-m', 'quantizers', 'choose', str(tmp_path / 'w.npz'), '--width', '8']
    for forced, shown in (({'FORCE_COLOR': '1', 'TERM': 'xterm'}, True), ({}, False)):
        result = subprocess.run(command, capture_output=True, env=os.environ | forced, check=True)
        assert (b"reading 'a'" in result.stderr) == shown
    code = 'import sys; from quantizers import choose; choose([1.0], width=8); print("rich" in sys.modules)'
    assert (
        json.loads(subprocess.run([sys.executable, '-c', code], capture_output=True, check=True).stdout.lower())
        is False
    )


def test_memory_does_not_grow_with_the_numbers() -> None:
    code = """
import resource, sys
import numpy as np
from quantizers import choose
rng = np.random.default_rng(0)
def batches(count):
    for _ in range(count):
        yield rng.normal(size=100_000).astype(np.float32)
choose(batches(3), sqnr=30)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
choose(batches(100), sqnr=30)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    grown = int(subprocess.run([sys.executable, '-c', code], capture_output=True, check=True).stdout)
    print(f'{grown} KiB more for 97 batches more')
    assert grown < 4096  # the batches have 39,000 KiB


@pytest.mark.parametrize('mode', ROUNDINGS)
def test_compiled_loops_find_what_numpy_does(mode: str) -> None:
    from quantizers.analysis.choose._compiled import rounded as compiled

    rng = np.random.default_rng(3)
    ends = [0.5, np.nextafter(0.5, 1), np.nextafter(1, 0), 0.75]
    eighths = np.arange(8, 16) / 16
    sizes = np.concatenate([[0.5], ends, eighths, rng.uniform(0.5, 1, 1000), rng.uniform(0.5, 1, 77).astype('f4')])
    mantissa = sizes * np.repeat([1.0, -1, 1], [1, 600, sizes.size - 601])
    starts = np.array([0, 1, 5, 13, 601])
    for bits in (0, 1, 11, 53):
        found, expected = compiled(mode, mantissa, starts, bits), numpy_rounded(mode, mantissa, starts, bits)
        assert found.keys() == expected.keys()
        for name, table in found.items():
            if 'noise' in name:
                np.testing.assert_allclose(table, expected[name], 1e-13)
            else:
                np.testing.assert_array_equal(table, expected[name], name)


def test_a_bar_knows_how_much_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from rich.progress import Progress

    totals: list[Any] = []
    add = Progress.add_task
    monkeypatch.setattr(Progress, 'add_task', lambda *a, total, **k: totals.append(total) or add(*a, total=total, **k))
    x = np.arange(100_000.0)
    np.save(path := tmp_path / 'x.npy', x)
    for source in (x, path, {'a': x, 'b': x[:3]}, iter([x, x])):
        choose(source, width=8, progress=True)
    assert totals == [100_000, 100_000, 100_000, 3, None]


def test_large_arrays_are_chosen_for_by_compiled_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    from quantizers.analysis.choose import _compiled

    loops = []
    monkeypatch.setattr(_compiled, 'rounded', lambda *given: loops.append(given) or numpy_rounded(*given))
    monkeypatch.setattr(binding, '_setting', lambda: '')
    x = np.random.default_rng(5).normal(size=1 << 20)
    large = choose(x, sqnr=30)
    assert len(loops) == 16
    assert_alike(choose(x[: 1 << 19], sqnr=30), choose([x[: 1 << 18], x[1 << 18 : 1 << 19]], sqnr=30))
    assert len(loops) == 16
    assert len(choose(x.reshape(-1, 256), axis=1, width=2)) == 256  # whose groups are small
    assert len(loops) == 16
    monkeypatch.setattr(binding, '_setting', lambda: 'plain')
    assert_alike(choose(x, sqnr=30), large)
    assert len(loops) == 16
