"""`quantizers.choose` for floats and blocks: no other split of the bits and no other bias is better, exactly."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracles import reference
from oracles.command import Run, of_json
from quantizers import BlockQ, Candidate, FieldError, FixedQ, FloatQ, MinifloatQ, QuantizerConfig, choose, formats
from quantizers.analysis.choose._compiled import rounded as compiled
from quantizers.analysis.choose._rounded import rounded as numpy_rounded
from quantizers.formats.specials import SPECIALS
from quantizers.modes import ROUNDINGS, deterministic

SAME = 1e-9  # dB
Value = Callable[[float], Fraction]


class Truth(NamedTuple):
    """What a format does, in exact arithmetic."""

    sqnr: float
    max_error: Fraction
    saturated: Fraction
    flushed: Fraction


def truth(values: Sequence[float], q: Sequence[Fraction], room: Sequence[Fraction]) -> Truth:
    """Of the values, and what they are where the exponents have no end."""
    exact = [reference.exact(x) for x in values]
    errors = [abs(x - y) for x, y in zip(exact, q, strict=True)]
    noise = sum(error**2 for error in errors)
    return Truth(
        decibels(sum(x**2 for x in exact) / noise) if noise else math.inf,
        max(errors),
        Fraction(sum(y != r for y, r in zip(q, room, strict=True)), len(exact)),
        Fraction(sum(x != 0 and y == 0 for x, y in zip(exact, q, strict=True)), len(exact)),
    )


def decibels(ratio: Fraction) -> float:
    bits = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    scaled = float(ratio / reference.power_of_two(bits))
    return 10 * math.log10(scaled) + 10 * bits * math.log10(2) if ratio else -math.inf


def record(spec: FloatQ | MinifloatQ) -> tuple[reference.FloatFormat, str]:
    if isinstance(spec, MinifloatQ):
        bias = 2 ** (spec.exponent_bits - 1) - spec.exponent_zero
        return reference.FloatFormat(spec.exponent_bits, spec.mantissa_bits, bias, 'none'), 'RND_CONV'
    of = reference.FloatFormat(spec.exponent_bits, spec.mantissa_bits, spec.bias, spec.specials)
    return of, deterministic(spec.rounding)


def of_float(values: Sequence[float], spec: FloatQ | MinifloatQ) -> Truth:
    of, rounding = record(spec)
    q = [Fraction(reference.float_value(x, of, rounding, 'SAT')) for x in values]
    return truth(values, q, [reference.float_rounded(reference.exact(x), of, rounding) for x in values])


def of_blocks(values: Sequence[float], spec: BlockQ) -> Truth:
    """Blocks of a flat array."""
    element = spec.element
    value, unbounded = _element(element)
    of = reference.BlockElement(value, Fraction(element.max), element.significant_bits)
    q, room = [], []
    for start in range(0, len(values), spec.size):
        block = list(values[start : start + spec.size])
        exponent, found = reference.block_values(block, of, 'floor', -127, 127)
        q += found
        scale = reference.power_of_two(exponent)
        room += [unbounded(reference.exact(x) / scale) * scale for x in block]
    return truth(values, q, room)


def _element(element: Any) -> tuple[Callable[[Fraction], Fraction], Callable[[Fraction], Fraction]]:
    if isinstance(element, FixedQ):
        fields = element.width, element.integer, element.signed, element.rounding, element.overflow
        room = element.width + 9, element.integer + 9, *fields[2:]
        return (lambda x: reference.fixed_value(x, *fields), lambda x: reference.fixed_value(x, *room))
    of, rounding = record(element)
    return (
        lambda x: Fraction(reference.float_value(x, of, rounding, 'SAT')),
        lambda x: reference.float_rounded(x, of, rounding),
    )


def splits(width: int, make: Callable[[int, int, int], Any]) -> Iterator[Any]:
    """The formats of all splits that there are, of each a function of where its values end; and the usual one."""
    for e in range(1, min(width, 13)):
        try:
            made = make(e, width - 1 - e, 0)
        except FieldError:
            continue
        if made.law.traits.even is None:
            yield e, lambda end, e=e, top=made.emax + 1: make(e, width - 1 - e, top - end)


def every_float(values: Sequence[float], width: int, kind: str, rounding: Any, specials: Any) -> list[Any]:
    """All formats of a width that could be of use, and some more on both sides; of each split the usual one first."""
    if kind == 'minifloat':
        usual: Any = lambda e, m: MinifloatQ(m, e)  # noqa: E731
        make: Any = lambda e, m, bias: MinifloatQ(m, e, 2 ** (e - 1) - bias)  # noqa: E731
    else:
        usual = lambda e, m: FloatQ(e, m, 2 ** (e - 1) - 1, specials, rounding)  # noqa: E731
        make = lambda e, m, bias: FloatQ(e, m, bias, specials, rounding)  # noqa: E731
    ends = [math.frexp(value)[1] for value in values if value] or [0]
    found = []
    for e, at in splits(width, make):
        found += [usual(e, width - 1 - e), *(at(end) for end in range(min(ends) - 3, max(ends) + 9))]
    return found


def best(tried: dict[Any, Truth], usual: Callable[[Any], bool]) -> Any:
    top = max(found.sqnr for found in tried.values())
    equal = {spec: found for spec, found in tried.items() if found.sqnr >= top - SAME}
    return min(equal, key=lambda spec: (equal[spec].saturated, spec.exponent_bits, not usual(spec), spec.emax))


def is_usual(spec: FloatQ | MinifloatQ) -> bool:
    if isinstance(spec, MinifloatQ):
        return spec.exponent_zero == 0
    return spec.bias == 2 ** (spec.exponent_bits - 1) - 1


def check_measures(candidate: Candidate, found: Truth) -> None:
    assert candidate.sqnr == pytest.approx(found.sqnr, rel=1e-9, abs=1e-9), candidate
    assert candidate.max_error == pytest.approx(float(found.max_error), rel=1e-14, abs=0), candidate
    assert candidate.saturated == pytest.approx(float(found.saturated), abs=1e-14), candidate
    assert candidate.flushed == pytest.approx(float(found.flushed), abs=1e-14), candidate


number = (
    st.integers(-40, 40).map(lambda n: n / 8)
    | st.floats(-6, 6, width=16)
    | st.sampled_from([0.0, -0.0, 1.0, -1.0, 1.75, 1.875, -1.9375, 1 - 2**-20, -1 - 2**-20, 2.0**-9, 1e-5, -1e-5])
)
values_of = st.lists(number, min_size=1, max_size=7)
scales = st.sampled_from([0, 0, 3, -7, 700, -1060])
kinds = st.sampled_from(
    [
        ('minifloat', None, None),
        *itertools.product(['float'], [None], [None, *SPECIALS]),
        *itertools.product(['float'], [*ROUNDINGS], ['none', 'fn', 'p3109_extended']),
    ]
)


@settings(max_examples=250, deadline=None)
@given(values_of, st.integers(1, 7), kinds, scales)
@example([1.875], 8, ('float', None, 'fn'), 0)  # what E4M3FN has not, which is a value with any other bias
@example([1.0, 1.875], 5, ('float', None, 'fn'), 0)
@example([1.0, 0.9, -1.9], 4, ('float', 'TRN', 'p3109_extended'), 0)
@example([1.75], 3, ('float', 'TO_ODD', 'fn'), 0)  # a step above the number is nearer
@example([1.0], 2, ('minifloat', None, None), 900)
def test_no_other_split_is_better(values: list[float], width: int, of: tuple[str, Any, Any], scale: int) -> None:
    kind, rounding, specials = of
    values = [math.ldexp(value, scale) for value in values]
    formats_of = every_float(values, width, kind, deterministic(rounding or 'RND_CONV'), specials or 'none')
    asked: dict[str, Any] = {'kind': kind, 'rounding': rounding and deterministic(rounding), 'specials': specials}
    if not formats_of:
        with pytest.raises(ValueError, match=rf'no format .* has the width {width}'):
            choose(values, width=width, **asked)
        return
    choice = choose(np.array(values), width=width, **asked)['x']
    if any(values):
        assert choice.spec == best({spec: of_float(values, spec) for spec in formats_of}, is_usual)
    for candidate in choice.candidates:
        check_measures(candidate, of_float(values, candidate.spec))
    assert choice.chosen in choice.candidates


@settings(max_examples=80, deadline=None)
@given(values_of, st.sampled_from([('minifloat', None), ('float', None), ('float', 'fn')]), st.floats(-3, 45))
def test_no_narrower_float_keeps_to_a_bound(values: list[float], of: tuple[str, Any], sqnr: float) -> None:
    kind, specials = of
    choice, width = None, 9
    with contextlib.suppress(ValueError):
        choice = choose(np.array(values), sqnr=sqnr, kind=kind, specials=specials, max_width=8)['x']
        width = choice.spec.bits
    if choice is not None:
        check_measures(choice.chosen, of_float(values, choice.spec))
        assert choice.chosen.sqnr >= sqnr
        if any(values):
            tried = every_float(values, width, kind, 'RND_CONV', specials or 'none')
            assert choice.spec == best({spec: of_float(values, spec) for spec in tried}, is_usual)
    for narrower in range(1, width):
        for spec in every_float(values, narrower, kind, 'RND_CONV', specials or 'none'):
            assert of_float(values, spec).sqnr < sqnr, spec


def every_block(width: int, size: int, rounding: Any, specials: Any) -> Iterator[BlockQ]:
    if width > 1 and specials == 'none':
        yield BlockQ(FixedQ(width, 2, True, rounding, 'SAT'), formats.E8M0FNU, size)
    for e, _ in splits(width, lambda e, m, bias: FloatQ(e, m, bias, specials, rounding)):
        element = FloatQ(e, width - 1 - e, 2 ** (e - 1) - 1, specials, rounding)
        yield BlockQ(element, formats.E8M0FNU, size)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(number, st.integers(-12, 12)), min_size=1, max_size=11),
    st.integers(1, 7),
    st.sampled_from([1, 2, 3, 32]),
    st.sampled_from([(None, None), ('RND', None), ('TRN', 'none'), (None, 'fn'), (None, 'ieee'), ('TO_ODD', 'fnuz')]),
    st.sampled_from([0, 0, -140, 130]),  # beyond the exponents of the scales, too
)
def test_no_other_element_is_better(
    values: list[tuple[float, int]], width: int, size: int, of: tuple[Any, Any], scale: int
) -> None:
    rounding, specials = of
    numbers = [math.ldexp(value, exponent + scale) for value, exponent in values]
    tried = list(every_block(width, size, rounding or 'RND_CONV', specials or 'none'))
    asked: dict[str, Any] = {'kind': 'block', 'block_size': size, 'rounding': rounding, 'specials': specials}
    if not tried:
        with pytest.raises(ValueError, match=rf'no format .* has the width {width}'):
            choose(numbers, width=width, **asked)
        return
    choice = choose(np.array(numbers), width=width, **asked)['x']
    found = {spec: of_blocks(numbers, spec) for spec in tried}
    top = max(truth.sqnr for truth in found.values())
    equal = {spec: truth for spec, truth in found.items() if truth.sqnr >= top - SAME}
    # in the order of exponent bits
    assert choice.spec == min(equal, key=lambda spec: equal[spec].saturated)
    for candidate in choice.candidates:
        check_measures(candidate, of_blocks(numbers, candidate.spec))


@pytest.mark.parametrize(('shape', 'axis'), [((3, 70_001), 1), ((3, 70_001), 0), ((50, 40, 33), 1), ((7,), -1)])
@pytest.mark.parametrize('dtype', ['float64', 'float32', 'int16'])
def test_what_is_said_is_what_blocks_do_to_many_numbers(shape: tuple[int, ...], axis: int, dtype: str) -> None:
    x = (np.random.default_rng(3).standard_t(3, shape) * 40).astype(dtype)
    choice = choose(x, width=6, kind='block', block_size=48, block_axis=axis)['x']
    wide = x.astype(np.float64)
    for candidate in choice.candidates:
        assert isinstance(candidate.spec, BlockQ)
        q = candidate.spec(wide)
        assert (candidate.spec.axis, candidate.spec.size) == (axis, 48)
        assert candidate.sqnr == pytest.approx(10 * np.log10(np.sum(wide**2) / np.sum((wide - q) ** 2)), abs=1e-9)
        assert candidate.max_error == pytest.approx(np.max(np.abs(wide - q)), rel=1e-15)
        assert candidate.flushed == np.mean((wide != 0) & (q == 0))


@pytest.mark.parametrize('asked', [{'kind': 'float'}, {'kind': 'minifloat'}, {'kind': 'block', 'block_size': 5}])
def test_batches_and_files_are_as_one_array(asked: dict[str, Any], tmp_path: Path) -> None:
    x = np.random.default_rng(9).standard_t(3, (60, 35))
    expected = choose(x, width=7, **asked)['x']
    np.save(tmp_path / 'x.npy', x)
    np.save(tmp_path / 'fortran.npy', np.asfortranarray(x))
    batches = [x[:20], x[20:20], x[20:]]
    for source in (iter(batches), ({'x': x[:1]}, {'x': x[1:]}), tmp_path / 'x.npy', tmp_path / 'fortran.npy'):
        (choice,) = choose(source, width=7, **asked).values()
        assert choice.spec == expected.spec
        assert [c.spec for c in choice.candidates] == [c.spec for c in expected.candidates]
        for one, other in zip(choice.candidates, expected.candidates, strict=True):
            assert one.sqnr == pytest.approx(other.sqnr, rel=1e-12)
            assert (one.max_error, one.saturated, one.flushed) == (other.max_error, other.saturated, other.flushed)


def test_channels_have_floats_of_their_own() -> None:
    x = np.random.default_rng(4).normal(size=(500, 3)) * [1, 2.0**20, 0]
    choices = choose(x, width=8, kind='minifloat', axis=1)
    for channel in (0, 1):
        assert choices.specs[channel] == choose(x[:, channel], width=8, kind='minifloat').spec
    assert choices.specs[2] == MinifloatQ(6, 1)
    assert choices.config()['x'].specs == choices.specs  # type: ignore[union-attr]


def test_well_known_formats_are_found_where_they_are_best() -> None:
    x = np.random.default_rng(0).standard_t(3, size=5000)
    assert choose(x, width=6, kind='float').spec == formats.E3M2
    assert choose(x, width=4, kind='block').spec == formats.MXFP4
    found = choose(x, width=8, kind='float', specials='ieee').spec
    assert replace(found, bias=3, overflow='INF') == formats.E3M4
    uniform = np.random.default_rng(0).uniform(-1, 1, 5000)
    assert choose(uniform, width=8, kind='block').spec == formats.MXINT8
    assert choose(x, width=6, kind='block')['x'].chosen.bits == 6.25
    assert choose([0.0, 0.0], sqnr=30, kind='float').spec == FloatQ(1, 0, 0)


def test_a_score_finds_floats() -> None:
    x = np.random.default_rng(2).standard_t(3, size=300)

    def score(specs: Any) -> float:
        return -float(np.mean((x - (specs['x'](x) if specs else x)) ** 2))

    choices = choose(x, score=score, max_loss=1e-3, kind='float')
    narrower = choose(x, width=choices.spec.bits - 1, kind='float').spec
    assert score({'x': choices.spec}) >= -1e-3 > score({'x': narrower})
    assert choices.bits == 300 * choices.spec.bits


def test_bounds_of_error_and_of_saturation() -> None:
    x = np.random.default_rng(2).standard_t(3, size=300)
    for kind in ('float', 'minifloat', 'block'):
        choice = choose(x, max_error=0.05, saturated=0, kind=kind)['x']  # type: ignore[arg-type]
        assert (choice.chosen.saturated, choice.chosen.max_error <= 0.05) == (0, True)
        narrower = choice.candidates[0]
        assert narrower.bits == choice.chosen.bits - 1
        assert narrower.max_error > 0.05


@pytest.mark.parametrize(
    ('asked', 'message'),
    [
        ({'kind': 'posit'}, "'kind' must be fixed, float, minifloat or block: 'posit'"),
        ({'kind': 'float', 'overflow': 'WRAP'}, "'overflow' must be SAT for the kind 'float': 'WRAP'"),
        ({'kind': 'block', 'overflow': 'SAT_SYM'}, "'overflow' must be SAT for the kind 'block': 'SAT_SYM'"),
        ({'kind': 'minifloat', 'rounding': 'RND'}, "'rounding' must be RND_CONV for minifloats"),
        ({'specials': 'ieee'}, "'specials' must go with the kind 'float' or 'block': 'ieee'"),
        ({'kind': 'float', 'specials': 'iee'}, "'specials' must be one of none, ieee, fn"),
        ({'kind': 'float', 'block_size': 4}, "'block_size' must go with the kind 'block': 4"),
        ({'kind': 'minifloat', 'block_axis': 0}, "'block_axis' must go with the kind 'block': 0"),
        ({'kind': 'block', 'block_size': 0}, "'block_size' must be an integer from 1"),
        ({'kind': 'block', 'block_axis': 2}, r"'block_axis' must be one of 'x', which has the shape \(2, 1\): 2"),
        ({'kind': 'block', 'axis': 0}, "'axis' must not be given for blocks, each of which has a scale: 0"),
        ({'kind': 'float', 'width': 1}, "'x': no format of the kind that is asked for has the width 1"),
        ({'kind': 'float', 'specials': 'ieee', 'width': 3}, 'has the width 3'),
        ({'kind': 'minifloat', 'width': 100}, 'has the width 100'),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choose([[1.0], [2.0]], **{'width': 8, **asked})


def test_blocks_refuse_what_is_not_finite_or_empty() -> None:
    with pytest.raises(ValueError, match="'w': all numbers must be finite: 1 NaN and 1 Inf of 3"):
        choose({'w': [1.0, math.nan, math.inf]}, width=8, kind='block')
    with pytest.raises(ValueError, match="'w': must have an element at least: it is empty"):
        choose({'w': np.empty((0, 3))}, width=8, kind='block')
    with pytest.raises(ValueError, match="'block_axis' must be one of 'x'"):
        choose(1.0, width=8, kind='block')


@pytest.mark.parametrize('mode', ['RND_CONV', 'TRN', 'AWAY', 'TO_ODD'])
@pytest.mark.parametrize('missing', [0, 1, 2])
def test_loops_know_what_is_missing_at_the_top(mode: str, missing: int) -> None:
    sizes = np.random.default_rng(6).uniform(0.5, 1, 3000)
    sizes[1::3] = 1 - 2.0 ** -np.random.default_rng(7).integers(1, 12, 1000)
    mantissa = sizes * np.repeat([1.0, -1], 1500)
    starts = np.array([0, 3, 700, 1500])
    found, expected = (f(mode, mantissa, starts, 9, missing) for f in (compiled, numpy_rounded))
    for name, table in found.items():
        np.testing.assert_allclose(table, expected[name], 1e-13, err_msg=name)
    beyond = expected['up'].sum(axis=0)
    full = numpy_rounded(mode, mantissa, starts, 9)['up'].sum(axis=0)
    assert bool(beyond[8] > full[8]) is bool(missing)
    assert (beyond[: missing + 1] == full[: missing + 1]).all()


def test_the_command_chooses_floats_and_blocks(tmp_path: Path, run: Run) -> None:
    x = np.random.default_rng(0).standard_t(3, size=(50, 64))
    np.savez(tmp_path / 'w.npz', w=x)
    for options, asked in (
        (['--kind', 'float', '--specials', 'fn'], {'kind': 'float', 'specials': 'fn'}),
        (
            ['--kind', 'block', '--block-size', '16', '--block-axis', '0'],
            {'kind': 'block', 'block_size': 16, 'block_axis': 0},
        ),
        (['--kind', 'minifloat'], {'kind': 'minifloat'}),
    ):
        expected = choose({'w': x}, width=8, **asked)  # type: ignore[call-overload]
        data = of_json(run, 'choose', tmp_path / 'w.npz', '--width', 8, *options)
        assert data == json.loads(json.dumps(expected.to_dict()))
        code, out, _ = run('choose', tmp_path / 'w.npz', '--width', 8, *options, '-o', tmp_path / 'c.json')
        assert (code, expected['w'].spec.label[:12] in out) == (0, True)
        assert QuantizerConfig.load(tmp_path / 'c.json')['w'] == expected['w'].spec
