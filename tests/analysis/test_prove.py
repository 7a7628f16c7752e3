"""Proofs: every mode, planted faults and the inputs that show them, what users see."""

from __future__ import annotations

import math
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np
import pytest

from oracles import reference, theorems
from quantizers import BinaryQ, FixedQ, FloatQ, MinifloatQ, Proof, TernaryQ, formats, prove
from quantizers._checks.errors import ExtraError
from quantizers._maths import fixed, float_overflow, integer_codes, lowbit, minifloat, overflow, rounding
from quantizers._maths.laws import MINIFLOAT, FixedLaw, FloatLaw, RoundingLaw
from quantizers.analysis.prove._floats import Part
from quantizers.analysis.prove._integer_codes import Codes
from quantizers.analysis.prove._question import Question, Theorem, ask_at_once
from quantizers.analysis.prove._relations import Relation
from quantizers.analysis.prove._solver import Solver
from quantizers.analysis.prove._theorem import answers, decide

# of few floats that are no whole multiple of a turn, and of many that are below half a step
COARSE = (1, 14, -12)


def proved(theorem: Theorem, seconds: float = 300) -> bool:
    """Whether it is; a refuted one fails."""
    decision = decide(theorem, Solver(seconds))
    assert decision.answer.verdict != 'refuted', decision
    return decision.answer.verdict == 'proved'


@pytest.mark.parametrize(('overflow', 'n'), reference.overflow_modes(3, True), ids=str)
def test_every_overflow_mode_in_float16(overflow: str, n: int) -> None:
    assert proved(Theorem(FixedLaw('RND', overflow, n), COARSE, 'float16'))


@pytest.mark.parametrize('rounding', reference.ROUNDINGS)
def test_every_rounding_mode_in_float16(rounding: str) -> None:
    assert proved(Theorem(FixedLaw(rounding, 'SAT'), (1, 11, -8), 'float16'))
    assert proved(Theorem(FixedLaw(rounding, 'WRAP'), (0, 15, -13), 'float16'))


def test_other_laws_in_float16() -> None:
    assert proved(Theorem(MINIFLOAT, (1, 2, 1), 'float16'))
    assert proved(Theorem(RoundingLaw('TRN'), (-3,), 'float16'))
    for spec in (FloatQ(2, 2, 1, 'ieee', 'TRN', 'SAT_NONE'), FloatQ(3, 0, 2, 'p3109', overflow='NAN', signed=False)):
        assert proved(Theorem(spec.law, spec.law_widths, 'float16'))
    assert proved(Theorem(FixedLaw('RND', 'SAT_ZERO'), COARSE, 'float16', random=True))


def test_a_format_wider_than_the_dtype_is_within_a_unit_in_the_last_place() -> None:
    wide = Theorem(FixedLaw('TRN', 'SAT'), (1, 15, -1), 'float16')
    assert decide(wide, Solver(60)).answer.verdict == 'refuted'
    assert proved(wide._replace(nearly=True))


def test_a_result_that_is_rounded_once_more_is_the_number_beside_the_law() -> None:
    """-1 - c of 40 bits is no float32: the result is the one above."""
    theorem = Theorem(FixedLaw('TRN', 'WRAP_SM'), (1, 15, 24), 'float32', nearly=True)
    wrapping = Part(127 + 15, 127 + 15)
    assert ask_at_once(Question(theorem, wrapping), Solver(60)).verdict == 'proved'
    assert ask_at_once(Question(theorem._replace(nearly=False), wrapping), Solver(60)).verdict == 'refuted'


def floor_of_half(xp: Any, y: Any) -> Any:
    return xp.floor(y + xp.half)


def halves_down(xp: Any, x: Any, relative: Any, smallest: Any, *_: Any) -> Any:
    step = xp.maximum(xp.leading_power(x) * relative, smallest)
    return xp.trunc(x / step) * step


def turns_down(xp: Any, value: Any, grid: Any) -> Any:
    return value - xp.floor(value * grid.per_span) * grid.span


# where: what stands there instead, the format in which that shows, the dtype
FAULTS: dict[str, tuple[Any, str, Any, Any, str]] = {
    'ties to even in place of up': (
        rounding.FORMULAS,
        'RND',
        lambda xp, y: xp.rint(y),
        FixedQ(3, 14, True, 'RND', 'SAT'),
        'float16',
    ),
    'ties to even in what wraps': (
        rounding.FORMULAS,
        'RND_INF',
        lambda xp, y: xp.rint(y),
        FixedQ(3, 15, True, 'RND_INF', 'WRAP'),
        'float16',
    ),
    'down in place of towards 0': (
        rounding.FORMULAS,
        'TRN_ZERO',
        lambda xp, y: xp.floor(y),
        FixedQ(3, 14, True, 'TRN_ZERO', 'SAT'),
        'float16',
    ),
    'a half is added': (rounding.FORMULAS, 'RND', floor_of_half, FixedQ(2, 2, True, 'RND', 'SAT'), 'float32'),
    'a turn is taken off from below': (overflow, '_wrap', turns_down, FixedQ(3, 15, True, 'TRN', 'WRAP'), 'float16'),
    'the lowest deleted bit is 0': (
        overflow,
        '_odd',
        lambda xp, whole: xp.isnan(whole),
        FixedQ(3, 15, True, 'TRN', 'WRAP_SM'),
        'float16',
    ),
    'a sign decides the inverted bits alone': (
        overflow,
        '_inverted_parts',
        lambda xp, parts, under, grid, n: under,
        FixedQ(3, 15, True, 'TRN', 'WRAP_SM', 1),
        'float16',
    ),
    'the largest value is a step too large': (
        fixed,
        'largest_below',
        lambda xp, n, step, dtype: xp.power2(n),
        FixedQ(3, 14, True, 'RND', 'SAT'),
        'float16',
    ),
    'the limit is too low': (
        fixed.Grid,
        'limit',
        property(lambda grid: grid._xp.power2(grid._k + grid._i)),
        FixedQ(3, 14, True, 'TRN', 'WRAP'),
        'float16',
    ),
    'the parts of the top are too many': (
        fixed.Grid,
        'top_part',
        property(lambda grid: grid._xp.power2(grid._i)),
        FixedQ(3, 15, True, 'TRN', 'WRAP', 1),
        'float16',
    ),
    'exponents go too far': (
        minifloat,
        'exponent_range',
        lambda xp, e, e0: (e0, e0 + 2 ** xp.maximum(e - 1, 0)),
        MinifloatQ(1, 2, 1),
        'float16',
    ),
    'mantissas are cut off': (minifloat, '_round_to_binade', halves_down, MinifloatQ(1, 2, 1), 'float16'),
    'small floats end a binade too high': (
        minifloat.Binades,
        'smallest_step',
        property(lambda b: b._xp.power2(b._emin)),
        MinifloatQ(1, 2, 1),
        'float16',
    ),
    'Inf where the end should stay': (
        float_overflow,
        'TOWARDS_ZERO_ABOVE',
        ('TRN_ZERO',),
        FloatQ(2, 2, 1, 'ieee', 'TRN', 'SAT_NONE'),
        'float16',
    ),
    'Inf saturates': (
        float_overflow,
        '_infinite',
        lambda overflow, traits: (None, None),
        FloatQ(2, 2, 1, 'ieee', 'RND_CONV', 'SAT_PROPAGATE'),
        'float16',
    ),
    'a code of NaN is a value': (
        minifloat.Binades,
        'max',
        property(lambda b: (2 - 2 ** -float(b._m)) * b._xp.power2(b._emax)),
        FloatQ(2, 2, 1, 'fn'),
        'float16',
    ),
    'below 0 what is above it': (
        float_overflow,
        '_beyond',
        lambda overflow, rounding, traits: (inf, inf),
        FloatQ(2, 2, 1, 'ieee', 'RND', 'INF'),
        'float16',
    ),
    'ties to the mantissa that there is not': (
        minifloat,
        '_by_exponent',
        lambda xp, x, y, *_: y,
        FloatQ(3, 0, 2, 'p3109', overflow='SAT_NONE'),
        'float16',
    ),
    '0 where there is none': (
        FloatLaw,
        'forward',
        lambda law, xp, x, constants, *_: xp.where(
            x == 0, 0.0, minifloat.quantize(xp, x, constants, traits=law.traits)
        ),
        FloatQ.power_of_two(4, 0, zero=False),
        'float16',
    ),
    'zero is positive': (lowbit, 'binary', lambda xp, x: xp.where(x >= 0, 1.0, -1.0), BinaryQ(), 'float16'),
}


@pytest.mark.parametrize('name', FAULTS)
def test_a_planted_fault_is_refuted_by_an_input_that_numpy_reproduces(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, what, instead, spec, dtype = FAULTS[name]
    plant(monkeypatch, where, what, instead)
    spec = type(spec).from_config(spec.get_config())  # without kernels of before
    proof = spec.prove(dtype)
    assert proof.verdict == 'refuted'
    assert proof.counterexample is not None
    x, result, expected = proof.counterexample.x, proof.counterexample.result, proof.counterexample.expected
    # alone, and beside a number out of range, with which NumPy takes the longer form
    made = [float(spec(np.array([x, *others], dtype))[0]) for others in ([], [65504])]
    assert result in made
    assert right(spec, x) == expected != result


def plant(monkeypatch: pytest.MonkeyPatch, where: Any, what: str, instead: Any) -> None:
    """Put a fault in its place."""
    (monkeypatch.setitem if isinstance(where, dict) else monkeypatch.setattr)(where, what, instead)


def right(spec: Any, x: float) -> Fraction | float | None:
    """What the law says, in exact arithmetic."""
    if isinstance(spec, FloatQ):
        fields = spec.exponent_bits, spec.mantissa_bits, spec.bias, spec.specials, spec.signed, spec.zero
        return reference.float_value(x, reference.FloatFormat(*fields), spec.rounding, spec.overflow)
    if isinstance(spec, BinaryQ):
        return reference.binary_value(x)
    if isinstance(spec, MinifloatQ):
        return reference.minifloat_value(x, *spec.law_widths)
    return reference.fixed_value(x, spec.width, spec.integer, spec.signed, *spec.modes)


def test_the_sign_of_a_zero_is_part_of_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        FixedLaw,
        'forward',
        lambda law, xp, x, constants, *_: fixed.quantize(xp, x, constants, law.rounding, law.overflow, 0),
    )
    proof = FixedQ(3, 14, True, 'RND_CONV', 'SAT').prove('float16')
    assert proof.counterexample is not None
    assert (proof.counterexample.result, proof.counterexample.expected) == (0, 0)
    assert math.copysign(1, proof.counterexample.result) == -1  # type: ignore[arg-type]


def test_a_fault_at_random_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_most(xp: Any, y: Any, uniform: Any) -> Any:
        whole = xp.trunc(y)
        rest = y - whole
        return whole + xp.where(uniform <= xp.abs(rest), xp.where(rest < 0, -1, 1), 0)

    theorem = Theorem(FixedLaw('RND', 'SAT'), COARSE, 'float16', random=True)
    monkeypatch.setattr(fixed, 'to_integer_at_random', at_most)
    assert decide(theorem, Solver(60)).answer.verdict == 'refuted'


def test_what_users_see() -> None:
    spec = FixedQ(3, 14, True, 'RND', 'SAT')
    proof = spec.prove('float16')
    assert str(proof).startswith('proved for all 65,536 float16 in ')
    assert (proof.inputs, proof.proved, proof.tested, proof.counterexample) == (65536, 65536, 0, None)
    wide = prove(FixedQ(16, 8, True, 'RND', 'SAT'), np.float16)
    assert str(wide).endswith('; float16 does not hold all values of the type')
    assert 'instead of' in str(wide)
    assert wide.to_dict()['counterexample'] is not None


def test_what_is_not_decided_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    proof = FixedQ(8, 3).prove('float32', timeout=1e-9)
    assert (proof.verdict, proof.proved, proof.counterexample) == ('undecided', 0, None)
    assert proof.tested > 9_000
    assert 'not decided in ' in str(proof)
    monkeypatch.setitem(rounding.FORMULAS, 'TRN', lambda xp, y: xp.rint(y))
    assert FixedQ(8, 3).prove('float32', timeout=1e-9).verdict == 'refuted'


def test_two_formats_that_are_the_same_or_differ_first_at() -> None:
    assert TernaryQ().prove('float64', same_as=FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM')).verdict == 'proved'
    assert str(FixedQ(8, 3).prove('float64', same_as=FixedQ(8, 3, True, 'TRN', 'WRAP'))).startswith(
        'the same for all 18,446,744,'
    )
    proof = FixedQ(8, 3, True, 'RND', 'SAT').prove('float64', same_as=FixedQ(8, 3, True, 'RND_CONV', 'SAT'))
    assert proof.counterexample is not None
    assert (proof.counterexample.x, proof.counterexample.result, proof.counterexample.expected) == (0.015625, 1 / 32, 0)
    small = FixedQ(8, 3, True, 'RND', 'SAT').prove('float64', same_as=MinifloatQ(3, 4)).counterexample
    assert small is not None
    assert abs(small.x) == math.nextafter(2**-11, 1)  # a tie of the minifloat goes to 0
    out = FixedQ(4, 4, True, 'TRN', 'SAT').prove('float16', same_as=FixedQ(4, 4, True, 'TRN', 'WRAP')).counterexample
    assert out is not None
    assert (out.x, out.result, out.expected) == (8.0, 7, -8)


def test_two_floats_that_are_the_same_or_differ_first_at() -> None:
    assert formats.E2M1.prove('float16', same_as=MinifloatQ(1, 2, 1)).verdict == 'proved'
    as_ieee = FloatQ(3, 2, 3, 'ieee', overflow='INF')
    found = as_ieee.prove('float16', same_as=FloatQ(3, 2, 3, 'ieee', overflow='SAT')).counterexample
    assert found is not None
    assert (found.x, found.result, found.expected) == (15.0, inf, 14)  # a tie of the largest value and what lies beyond
    assert found.to_dict()['result'] == inf
    assert 'becomes inf instead of 14' in str(found)


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="'dtype' must be one of float64"):
        FixedQ(8, 3).prove('int8')
    with pytest.raises(ValueError, match="'timeout' must be seconds, more than 0: 0"):
        FixedQ(8, 3).prove(timeout=0)
    with pytest.raises(ValueError, match='step'):
        FixedQ(8, 30).prove('float16')
    from quantizers.analysis.prove import _prove

    monkeypatch.setattr(_prove, 'find_spec', lambda _: None)
    with pytest.raises(ExtraError, match=r"pip install 'quantizers\[prove\]'"):
        FixedQ(8, 3).prove()


@pytest.mark.test_all
@pytest.mark.parametrize('dtype', [*theorems.DTYPES, theorems.INTEGERS])
def test_a_slice_of_make_prove(dtype: str) -> None:
    """Of all that does not wrap some, and of what wraps some in the narrow dtypes."""
    narrow = dtype.endswith('16')
    rows = [row for row in theorems.rows() if row.dtype == dtype and (narrow or not row.wraps)]
    # a multiple of the number of rounding modes has one of them alone, that of float64 whose proofs take seconds
    step = 41 if narrow else {'float64': 11, 'float32': 23, theorems.INTEGERS: 13}[dtype]
    some = rows[::step]
    assert narrow or step == 11 or {row.column for row in some} >= set(reference.ROUNDINGS)
    for row in some:
        answer, _ = row.decide(Solver(300))
        assert answer.verdict == 'proved', row.key


def test_relations() -> None:
    saturating = Theorem(FixedLaw('RND_CONV', 'SAT_SYM'), COARSE, 'float16')
    for what in ('idempotent', 'monotone', 'odd'):
        assert Relation(saturating, what).ask(Solver(60)).verdict == 'proved'
    down = saturating._replace(law=FixedLaw('TRN', 'SAT'))
    assert Relation(down, 'odd').ask(Solver(60)).verdict == 'refuted'
    assert Relation(down._replace(law=FixedLaw('TRN', 'WRAP')), 'monotone').ask(Solver(60)).verdict == 'refuted'


@pytest.mark.parametrize('overflow', ['SAT', 'WRAP', 'WRAP_SM'])
def test_codes_of_integers(overflow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a fault in their formula: the number that shows it is one that the formula gets wrong on Python's ints."""
    codes = Codes(4, True, 'RND_INF', overflow, 0)
    assert codes.ask(Solver(60)).verdict == 'proved'
    monkeypatch.setattr(integer_codes, 'away_from_zero', lambda rounding, half, rest, *_: half & rest)
    answer = codes.ask(Solver(60))
    assert answer.verdict == 'refuted'
    magnitude, negative = answer.bits[0], bool(answer.bits[1])
    assert magnitude & 3 == 2  # a tie
    number = Fraction(-magnitude if negative else magnitude, 4)
    assert reference.rounded(number, 'RND_INF') != reference.rounded(number, 'RND_ZERO')


def test_a_proof_is_data() -> None:
    proof = Proof(FixedQ(8, 3), 'float16', 'undecided', 60.0, 65536, 1000, 500)
    assert str(proof) == (
        'not decided in 60 s; proved for 1,000 of all 65,536 float16, and tested on 500 of the others instead, '
        'without a difference'
    )
    assert proof.to_dict()['type'] == 'ap_fixed<8, 3>'


def test_answers_go_part_by_part() -> None:
    theorem = Theorem(FixedLaw('RND', 'SAT'), COARSE, 'float16')
    assert [part for part, _ in answers(theorem, Solver(60))] == [*theorem.cases.parts()]
