"""Specs: what they are made of, what they refuse, and that they behave as values."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import math
import pickle
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from oracles.reference import code_range, exponents, power_of_two
from oracles.spec_strategies import fixed, minifloat, specs
from quantizers import (
    BinaryQ,
    FieldError,
    FixedQ,
    MinifloatQ,
    Overflow,
    PerChannel,
    Rounding,
    Spec,
    TernaryQ,
    parse_type,
)

ONE_OF_EACH: tuple[Spec, ...] = (
    FixedQ(8, 3, True, 'RND', 'SAT'),
    FixedQ(16, 6),
    FixedQ(5, -2, False, 'S_RND_CONV', 'WRAP', 2),
    MinifloatQ(3, 2, 1),
    BinaryQ(),
    TernaryQ(),
)

# Derived numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('spec', 'expected'),
    [
        (
            FixedQ(8, 3),
            {'k': 1, 'i': 2, 'f': 5, 'bits': 8, 'eps': Fraction(1, 32), 'min': -4, 'max': Fraction(127, 32)},
        ),
        (FixedQ(8, 3, False), {'k': 0, 'i': 3, 'f': 5, 'bits': 8, 'eps': Fraction(1, 32), 'min': 0}),
        (FixedQ(8, 3, overflow='SAT_SYM'), {'min': Fraction(-127, 32), 'max': Fraction(127, 32)}),
        (FixedQ(8, 3, False, overflow='SAT_SYM'), {'min': 0, 'max': Fraction(255, 32)}),
        (FixedQ(8, 8), {'f': 0, 'eps': 1, 'min': -128, 'max': 127}),
        (FixedQ(4, 10), {'i': 9, 'f': -6, 'eps': 64, 'min': -512, 'max': 448}),
        (FixedQ(4, -2), {'i': -3, 'f': 6, 'eps': Fraction(1, 64), 'min': Fraction(-1, 8), 'max': Fraction(7, 64)}),
        (FixedQ(1, 1), {'k': 1, 'i': 0, 'f': 0, 'min': -1, 'max': 0}),
        (FixedQ(1, 1, False), {'k': 0, 'i': 1, 'f': 0, 'min': 0, 'max': 1}),
        (MinifloatQ(1, 2, 1), {'bits': 4, 'eps': Fraction(1, 2), 'min': -6, 'max': 6, 'emin': 0, 'emax': 2}),
        (MinifloatQ(3, 2, 1), {'bits': 6, 'eps': Fraction(1, 8), 'max': Fraction(15, 2)}),
        (MinifloatQ(2, 3, 1), {'bits': 6, 'eps': Fraction(1, 16), 'max': 28}),
        (MinifloatQ(0, 1), {'bits': 2, 'eps': 1, 'max': 1, 'emin': 0, 'emax': 0}),
        (BinaryQ(), {'bits': 1, 'min': -1, 'max': 1, 'eps': 2}),
        (TernaryQ(), {'k': 1, 'i': 1, 'f': 0, 'bits': 2, 'eps': 1, 'min': -1, 'max': 1}),
    ],
    ids=repr,
)
def test_derived_numbers(spec: Spec, expected: dict[str, Any]) -> None:
    assert {name: getattr(spec, name) for name in expected} == expected


@pytest.mark.parametrize('integer', [-4096, 0, 100, 4096])
@pytest.mark.parametrize('signed', [True, False])
def test_derived_numbers_are_exact_at_4096_bits(integer: int, signed: bool) -> None:
    spec = FixedQ(4096, integer, signed)
    step = power_of_two(integer - 4096)
    assert spec.eps == step
    assert spec.max == ((1 << (4096 - signed)) - 1) * step
    assert spec.min == (-(1 << 4095) * step if signed else 0)
    assert type(spec.max) is (int if integer == 4096 else Fraction)


@given(fixed())
def test_fixed_numbers_follow_the_laws(spec: FixedQ) -> None:
    low, high = code_range(spec.width, spec.signed, spec.overflow)
    assert spec.width == spec.bits == spec.k + spec.i + spec.f
    assert spec.integer == spec.k + spec.i
    assert (spec.eps, spec.min, spec.max) == tuple(code * power_of_two(-spec.f) for code in (1, low, high))
    assert not any(isinstance(number, float) for number in (spec.eps, spec.min, spec.max))


@given(minifloat)
def test_minifloat_numbers_follow_the_laws(spec: MinifloatQ) -> None:
    emin, emax = exponents(spec.exponent_bits, spec.exponent_zero)
    assert (spec.emin, spec.emax) == (emin, emax)
    assert spec.eps == power_of_two(emin - spec.mantissa_bits)
    assert spec.max == -spec.min == (2 - power_of_two(-spec.mantissa_bits)) * power_of_two(emax)
    assert spec.bits == 1 + spec.exponent_bits + spec.mantissa_bits


def test_from_kif() -> None:
    assert FixedQ.from_kif(1, 2, 5, 'RND', 'SAT') == FixedQ(8, 3, True, 'RND', 'SAT')
    assert FixedQ.from_kif(0, -2, 6, 'TRN', 'WRAP', 3) == FixedQ(4, -2, False, 'TRN', 'WRAP', 3)
    assert FixedQ.from_kif(True, 0, 0) == FixedQ(1, 1)


@given(fixed())
def test_from_kif_inverts_the_derived_numbers(spec: FixedQ) -> None:
    modes = spec.rounding, spec.overflow, spec.saturation_bits
    assert FixedQ.from_kif(spec.k, spec.i, spec.f, *modes) == spec


@pytest.mark.parametrize('kif', [(2, 3, 4), (0, -3, 3), (1, 1.5, 4), (1, 3, '4'), (1, 3, 5000), (None, 3, 4)])
def test_from_kif_refuses(kif: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"^'(k|i|f|width)' must be"):
        FixedQ.from_kif(*kif)


# Modes ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('mode', [mode.value for mode in Rounding])
def test_rounding_names(mode: str) -> None:
    for text in (mode, mode.lower(), f'AP_{mode}', f'ap_{mode.lower()}', mode.title(), Rounding(mode)):
        spec = FixedQ(8, 3, rounding=text)
        assert spec == FixedQ(8, 3, rounding=mode)
        assert type(spec.rounding) is str
        assert spec.rounding == mode


@pytest.mark.parametrize('mode', [mode.value for mode in Overflow])
def test_overflow_names(mode: str) -> None:
    for text in (mode, mode.lower(), f'AP_{mode}', f'ap_{mode.lower()}', mode.title(), Overflow(mode)):
        spec = FixedQ(8, 3, overflow=text)
        assert type(spec.overflow) is str
        assert spec.overflow == mode


@pytest.mark.parametrize(
    ('mode', 'text', 'nearest'),
    [
        ('rounding', 'RND_CNV', 'RND_CONV'),
        ('rounding', 'TRUNC', 'TRN'),
        ('rounding', 'rnd_zer', 'RND_ZERO'),
        ('overflow', 'SATURATE', 'SAT'),
        ('overflow', 'AP_SATSYM', 'SAT_SYM'),
        ('overflow', 'WRAPSM', 'WRAP_SM'),
    ],
)
def test_an_unknown_mode_lists_the_known_ones_nearest_first(mode: str, text: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=f"^'{mode}' must be one of {nearest}, .*: '{text}'$") as caught:
        FixedQ(8, 3, **{mode: text})
    known = {m.value for m in (Rounding if mode == 'rounding' else Overflow)}
    assert set(re.findall(r'[A-Z_]+', str(caught.value).split('one of')[1].rpartition(':')[0])) == known


@pytest.mark.parametrize('wrong', [None, 3, 1.5, b'TRN', ['TRN'], '', 'AP_AP_TRN', Overflow.SAT])
def test_a_mode_of_a_wrong_type(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"^'rounding' must be one of "):
        FixedQ(8, 3, rounding=wrong)


def test_a_mode_of_the_other_kind() -> None:
    with pytest.raises(ValueError, match=r"^'overflow' must be one of .*'RND'"):
        FixedQ(8, 3, overflow='RND')


@pytest.mark.parametrize('mode', ['RND', 'RND_CONV'])
def test_a_stochastic_name_is_the_deterministic_mode_in_numpy_and_in_cpp(mode: str) -> None:
    stochastic, plain = (FixedQ(8, 3, True, name, 'SAT') for name in (f'S_{mode}', mode))
    x = np.arange(-300, 300) / 128
    assert stochastic.rounding == f'S_{mode}'
    assert stochastic != plain
    assert stochastic.cpp_type == plain.cpp_type == f'ap_fixed<8, 3, AP_{mode}, AP_SAT>'
    np.testing.assert_array_equal(stochastic(x), plain(x))
    np.testing.assert_array_equal(stochastic.encode(x), plain.encode(x))
    large = np.array([2**53 + 1, -(2**60) - 3, 5])
    np.testing.assert_array_equal(stochastic(large), plain(large))
    wide, plain_wide = (FixedQ(70, 10, True, name) for name in (f'S_{mode}', mode))
    np.testing.assert_array_equal(wide.encode(x), plain_wide.encode(x))


# Refusals -------------------------------------------------------------------------------------------------------------

WRONG_INTEGERS = (8.5, 8.0, '8', None, True, False, np.True_, np.float64(8), [8], 1 + 0j, b'8', math.nan, Fraction(8))


@pytest.mark.parametrize('wrong', WRONG_INTEGERS, ids=repr)
@pytest.mark.parametrize(
    ('make', 'field'),
    [
        (lambda v: FixedQ(v, 3), 'width'),
        (lambda v: FixedQ(width=v, integer=3), 'width'),
        (lambda v: FixedQ(8, v), 'integer'),
        (lambda v: FixedQ(8, 3, saturation_bits=v), 'saturation_bits'),
        (lambda v: FixedQ(8, 3, True, 'TRN', 'WRAP', v), 'saturation_bits'),
        (lambda v: MinifloatQ(v, 3), 'mantissa_bits'),
        (lambda v: MinifloatQ(3, v), 'exponent_bits'),
        (lambda v: MinifloatQ(3, 3, v), 'exponent_zero'),
    ],
)
def test_a_wrong_type_for_an_integer(make: Any, field: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"^'{field}' must be an integer from .*{re.escape(repr(wrong))}"):
        make(wrong)


@pytest.mark.parametrize('wrong', ['True', 'yes', None, 2, -1, 1.0, [], np.float64(1)], ids=repr)
def test_a_wrong_type_for_signed(wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"^'signed' must be True, False, 0 or 1: {re.escape(repr(wrong))}$"):
        FixedQ(8, 3, wrong)


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: FixedQ(0, 0), "'width' must be an integer from 1 to 4096: 0"),
        (lambda: FixedQ(-3, 0), "'width' must be an integer from 1 to 4096: -3"),
        (lambda: FixedQ(4097, 0), "'width' must be an integer from 1 to 4096: 4097"),
        (lambda: FixedQ(True, 1), "'width' must be an integer from 1 to 4096: True (a bool is none)"),
        (lambda: FixedQ(8, 4097), "'integer' must be an integer from -4096 to 4096: 4097"),
        (lambda: FixedQ(8, -4097), "'integer' must be an integer from -4096 to 4096: -4097"),
        (lambda: FixedQ(8, 3, True, 'TRN', 'WRAP', -1), "'saturation_bits' must be an integer from 0 to 4096: -1"),
        (lambda: FixedQ(8, 3, True, 'TRN', 'WRAP', 8), "'saturation_bits' must be less than 'width' (8): 8"),
        (lambda: FixedQ(1, 1, True, 'TRN', 'WRAP', 1), "'saturation_bits' must be less than 'width' (1): 1"),
        (lambda: FixedQ(8, 3, True, 'TRN', 'WRAP_SM', 9), "'saturation_bits' must be less than 'width' (8): 9"),
        (
            lambda: FixedQ(8, 3, False, 'TRN', 'WRAP_SM'),
            "'overflow' WRAP_SM must go with a signed format: signed=False",
        ),
        (lambda: FixedQ(8, 3, True, 'TRN', 'SAT', 1), "'saturation_bits' must be 0 unless"),
        (lambda: FixedQ(8, 3, True, 'TRN', 'SAT_SYM', 1), "'saturation_bits' must be 0 unless"),
        (lambda: FixedQ(8, 3, True, 'TRN', 'SAT_ZERO', 1), "'saturation_bits' must be 0 unless"),
        (lambda: FixedQ(1, 0, True, 'TRN', 'SAT_SYM'), "'width' must be at least 2 for a signed format"),
        (lambda: MinifloatQ(-1, 3), "'mantissa_bits' must be an integer from 0 to 52: -1"),
        (lambda: MinifloatQ(53, 3), "'mantissa_bits' must be an integer from 0 to 52: 53"),
        (lambda: MinifloatQ(3, 0), "'exponent_bits' must be an integer from 1 to 11: 0"),
        (lambda: MinifloatQ(3, 12), "'exponent_bits' must be an integer from 1 to 11: 12"),
        (lambda: MinifloatQ(3, 3, 4097), "'exponent_zero' must be an integer from -4096 to 4096: 4097"),
        (lambda: MinifloatQ(3, 3, -4097), "'exponent_zero' must be an integer from -4096 to 4096: -4097"),
        (lambda: FixedQ(8, 3, kind='minifloat'), "'kind' must be 'fixed': 'minifloat'"),  # type: ignore[arg-type]
        (lambda: MinifloatQ(3, 3, kind='fixed'), "'kind' must be 'minifloat': 'fixed'"),  # type: ignore[arg-type]
        (lambda: BinaryQ(kind='ternary'), "'kind' must be 'binary': 'ternary'"),  # type: ignore[arg-type]
        (lambda: TernaryQ(kind='binary'), "'kind' must be 'ternary': 'binary'"),  # type: ignore[arg-type]
    ],
)
def test_refusals(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
        make()


@pytest.mark.parametrize(
    ('make', 'field', 'rule', 'value'),
    [
        (lambda: FixedQ(0, 0), 'width', 'must be an integer from 1 to 4096', 0),
        (lambda: FixedQ(True, 1), 'width', 'must be an integer from 1 to 4096', True),
        (lambda: FixedQ(8, 3, 'yes'), 'signed', 'must be True, False, 0 or 1', 'yes'),  # type: ignore[arg-type]
        (lambda: FixedQ(8, 3, overflow=[8]), 'overflow', 'must be one of WRAP, SAT, ', [8]),  # type: ignore[arg-type]
        (lambda: FixedQ(8, 3, rounding='x' * 99), 'rounding', 'must be one of ', 'x' * 99),
        (lambda: FixedQ(8, 3, False, 'TRN', 'wrap_sm'), 'overflow', 'WRAP_SM must go with a signed', 'WRAP_SM'),
        (lambda: FixedQ(8, 3, True, 'TRN', 'SAT', 1), 'saturation_bits', "must be 0 unless 'overflow' is WRAP", 1),
        (lambda: FixedQ(8, 3, saturation_bits=9), 'saturation_bits', "must be less than 'width' (8)", 9),
        (lambda: FixedQ(1, 0, overflow='SAT_SYM'), 'width', 'must be at least 2 for a signed format', 1),
        (lambda: BinaryQ(kind='fixed'), 'kind', "must be 'binary'", 'fixed'),  # type: ignore[arg-type]
        (lambda: PerChannel(64, (BinaryQ(),)), 'axis', 'must be an integer from -64 to 63', 64),
        (lambda: PerChannel(0, ()), 'specs', 'must be formats, one a channel', ()),
        (lambda: PerChannel(0, ('int<8>',)), 'specs[0]', 'must be a format', 'int<8>'),  # type: ignore[arg-type]
    ],
)
def test_a_refusal_has_its_field_rule_and_value(make: Any, field: str, rule: str, value: object) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    error = caught.value
    assert (error.field, error.value) == (field, value)
    assert error.rule.startswith(rule)
    assert str(error).startswith(f'{field!r} {error.rule}: ')
    in_text = error.inside('of a text: ')
    assert str(in_text) == f'of a text: {error}'
    for one in (error, in_text):
        for other in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
            assert (type(other), str(other), vars(other)) == (FieldError, str(one), vars(one))


@pytest.mark.parametrize(
    'make',
    [
        lambda: FixedQ(1, -4096),
        lambda: FixedQ(4096, 4096, True, 'TRN', 'WRAP', 4095),
        lambda: FixedQ(1, 0, False, 'TRN', 'SAT_SYM'),
        lambda: FixedQ(2, 0, True, 'TRN', 'SAT_SYM'),
        lambda: MinifloatQ(0, 1, -4096),
        lambda: MinifloatQ(52, 11, 4096),
    ],
)
def test_the_ends_are_accepted(make: Any) -> None:
    assert make().bits >= 1


@pytest.mark.parametrize(
    ('make', 'argument'),
    [
        (FixedQ, 'width'),  # type: ignore[call-arg]
        (lambda: FixedQ(8), 'integer'),  # type: ignore[call-arg]
        (lambda: FixedQ(8, 3, widht=8), 'widht'),  # type: ignore[call-arg]
        (lambda: MinifloatQ(3), 'exponent_bits'),  # type: ignore[call-arg]
        (lambda: FixedQ(8, 3, True, 'RND', 'SAT', 0, 'fixed'), 'positional'),  # type: ignore[misc, arg-type]
        (lambda: BinaryQ(1), 'positional'),  # type: ignore[call-arg, misc]
    ],
)
def test_missing_unknown_and_too_many_arguments(make: Any, argument: str) -> None:
    with pytest.raises((TypeError, ValueError), match=argument):
        make()


def test_anything_with_index_is_an_integer() -> None:
    class Eight:
        def __index__(self) -> int:
            return 8

    for eight in (Eight(), np.int8(8), np.uint64(8), np.array(8)):
        spec = FixedQ(eight, eight, np.True_)  # type: ignore[arg-type]
        assert spec == FixedQ(8, 8)
        assert repr(spec) == repr(FixedQ(8, 8))
        assert [type(n) for n in (spec.width, spec.integer, spec.signed)] == [int, int, bool]
    assert FixedQ(8, 3, 0).signed is False  # type: ignore[arg-type]
    assert FixedQ(8, 3, np.uint8(1)).signed is True  # type: ignore[arg-type]


# Values ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('spec', ONE_OF_EACH, ids=repr)
def test_a_spec_cannot_be_changed(spec: Spec) -> None:
    for name in (*(f.name for f in dataclasses.fields(spec)), 'eps', 'new'):
        with pytest.raises(AttributeError):
            setattr(spec, name, 4)
    with pytest.raises(AttributeError):
        del spec.kind


@pytest.mark.parametrize('spec', ONE_OF_EACH, ids=repr)
def test_equality_and_hash(spec: Spec) -> None:
    for other in ONE_OF_EACH:
        assert (spec == other) is (spec is other)
    assert {spec: 1}[eval(repr(spec))] == 1
    assert spec != repr(spec)


def test_every_field_counts_in_a_comparison() -> None:
    spec = FixedQ(8, 3, True, 'TRN', 'WRAP', 0)
    others = [
        FixedQ(9, 3),
        FixedQ(8, 4),
        FixedQ(8, 3, False),
        FixedQ(8, 3, rounding='RND'),
        FixedQ(8, 3, overflow='SAT'),
        FixedQ(8, 3, saturation_bits=1),
    ]
    assert spec not in others
    assert len({spec, *others}) == 7
    assert len({MinifloatQ(3, 4), MinifloatQ(4, 3), MinifloatQ(3, 4, 1)}) == 3
    assert FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM') != TernaryQ()


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize('spec', ONE_OF_EACH, ids=repr)
def test_pickle_and_copy_after_a_call(spec: Spec, protocol: int) -> None:
    fresh = eval(repr(spec))
    small = pickle.dumps(fresh, protocol)
    x = np.array([0.3, -1.2, 7.7])
    fresh(x)
    fresh(x.astype(np.float32))
    fresh.encode(x)
    assert fresh.cpp_type
    assert pickle.dumps(fresh, protocol) == small
    for other in (pickle.loads(small), copy.copy(fresh), copy.deepcopy(fresh)):
        assert type(other) is type(fresh)
        assert other == fresh
        assert hash(other) == hash(fresh)
        np.testing.assert_array_equal(other(x), fresh(x))


def test_a_call_leaves_no_mark_on_equality_repr_and_hash() -> None:
    used, fresh = FixedQ(8, 3), FixedQ(8, 3)
    used(1.5)
    assert used == fresh
    assert hash(used) == hash(fresh)
    assert repr(used) == repr(fresh) == 'FixedQ(8, 3)'


@pytest.mark.parametrize(
    ('spec', 'written'),
    [
        (FixedQ(8, 3, True, 'RND', 'SAT'), "FixedQ(8, 3, True, 'RND', 'SAT')"),
        (FixedQ(8, 3, overflow='SAT'), "FixedQ(8, 3, True, 'TRN', 'SAT')"),
        (FixedQ(8, 3, False), 'FixedQ(8, 3, False)'),
        (FixedQ(8, 3, saturation_bits=1), "FixedQ(8, 3, True, 'TRN', 'WRAP', 1)"),
        (MinifloatQ(3, 4), 'MinifloatQ(3, 4)'),
        (MinifloatQ(3, 4, -1), 'MinifloatQ(3, 4, -1)'),
        (TernaryQ(), 'TernaryQ()'),
    ],
)
def test_repr_is_what_one_writes(spec: Spec, written: str) -> None:
    assert repr(spec) == written
    assert eval(written) == spec


def test_replace() -> None:
    assert dataclasses.replace(FixedQ(8, 3), overflow='sat') == FixedQ(8, 3, overflow='SAT')
    with pytest.raises(ValueError, match=r"^'width' must be"):
        dataclasses.replace(FixedQ(8, 3), width=0)


def test_match() -> None:
    match FixedQ(8, 3, True, 'RND', 'SAT'):
        case FixedQ(width, integer, True, 'RND', overflow, bits):
            assert (width, integer, overflow, bits) == (8, 3, 'SAT', 0)
        case _:
            pytest.fail('no match')
    match MinifloatQ(3, 2, 1):
        case MinifloatQ(m, e, exponent_zero=e0):
            assert (m, e, e0) == (3, 2, 1)
        case _:
            pytest.fail('no match')
    for spec in ONE_OF_EACH:
        match spec:
            case FixedQ(kind=kind) | MinifloatQ(kind=kind) | BinaryQ(kind=kind) | TernaryQ(kind=kind):
                assert kind == type(spec).__name__.removesuffix('Q').lower()


@given(specs)
def test_repr_pickle_and_copy_round_trip(spec: Spec) -> None:
    assert eval(repr(spec)) == spec
    for other in (pickle.loads(pickle.dumps(spec)), copy.deepcopy(spec)):
        assert other == spec
        assert hash(other) == hash(spec)
        assert repr(other) == repr(spec)


# C++ ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('spec', 'text'),
    [
        (FixedQ(16, 6), 'ap_fixed<16, 6>'),
        (FixedQ(16, 6, False), 'ap_ufixed<16, 6>'),
        (FixedQ(8, 3, True, 'RND', 'SAT'), 'ap_fixed<8, 3, AP_RND, AP_SAT>'),
        (FixedQ(8, 3, True, 'RND'), 'ap_fixed<8, 3, AP_RND>'),
        (FixedQ(8, 3, True, 'TRN', 'SAT'), 'ap_fixed<8, 3, AP_TRN, AP_SAT>'),
        (FixedQ(8, 3, True, 'TRN', 'WRAP', 2), 'ap_fixed<8, 3, AP_TRN, AP_WRAP, 2>'),
        (FixedQ(8, -3, True, 'S_RND', 'WRAP_SM', 1), 'ap_fixed<8, -3, AP_RND, AP_WRAP_SM, 1>'),
        (MinifloatQ(3, 2, 1), 'ap_minifloat<3, 2, 1>'),
        (BinaryQ(), 'ap_binary'),
        (TernaryQ(), 'ap_fixed<2, 2, AP_RND_CONV, AP_SAT_SYM>'),
    ],
)
def test_cpp_type(spec: Spec, text: str) -> None:
    assert spec.cpp_type == text
    assert spec.cpp_declaration('weight_t') == f'typedef {text} weight_t;'


@pytest.mark.parametrize('name', ['', '1x', 'a b', 'a;', 'a\n', 'ä', 'a-b', 'a*/'])
def test_a_declaration_refuses_what_is_no_identifier(name: str) -> None:
    with pytest.raises(ValueError, match=f"^'name' must be .*{re.escape(repr(name))}"):
        FixedQ(8, 3).cpp_declaration(name)


@given(fixed())
def test_type_strings_round_trip(spec: FixedQ) -> None:
    assert parse_type(spec.cpp_type) == spec


# fits -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('name', 'precision', 'smallest', 'largest'),
    [('float64', 53, -1074, 1023), ('float32', 24, -149, 127), ('float16', 11, -24, 15), ('bfloat16', 8, -133, 127)],
)
def test_fits_at_the_edges(name: str, precision: int, smallest: int, largest: int) -> None:
    for signed in (True, False):
        assert FixedQ(precision + signed, 1, signed).fits(name)
        assert not FixedQ(precision + signed + 1, 1, signed).fits(name)
    assert FixedQ(3, smallest + 3).fits(name)  # eps is the smallest subnormal
    assert not FixedQ(3, smallest + 2).fits(name)
    assert FixedQ(3, largest + 1).fits(name)  # lo = -2^largest
    assert not FixedQ(3, largest + 2).fits(name)  # lo = -2^(largest + 1), hi is finite
    assert FixedQ(3, largest + 2, overflow='SAT_SYM').fits(name)
    assert FixedQ(3, largest + 1, False).fits(name)
    assert not FixedQ(3, largest + 2, False).fits(name)
    assert MinifloatQ(precision - 1, 3).fits(name)
    assert precision > 52 or not MinifloatQ(precision, 3).fits(name)
    assert MinifloatQ(2, 1, largest).fits(name)
    assert not MinifloatQ(2, 1, largest + 1).fits(name)
    assert MinifloatQ(2, 1, smallest + 2).fits(name)
    assert not MinifloatQ(2, 1, smallest + 1).fits(name)
    assert BinaryQ().fits(name)
    assert TernaryQ().fits(name)


def test_fits_takes_dtypes_and_names() -> None:
    import ml_dtypes

    spec = FixedQ(12, 3)
    for dtype in (np.float32, np.dtype('>f4'), 'f4', 'float32', np.float64, float):
        assert spec.fits(dtype) is True
    for narrow in (ml_dtypes.bfloat16, np.dtype(ml_dtypes.bfloat16), 'bfloat16'):
        assert spec.fits(narrow) is False
    assert FixedQ(12, 3).fits(np.float16) is True
    assert FixedQ(13, 3).fits(np.float16) is False
    for wrong in (np.int32, np.complex64, 'U3', bool, np.longdouble):
        with pytest.raises(TypeError, match=np.dtype(wrong).name):
            spec.fits(wrong)


# values ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('spec', 'expected'),
    [
        (FixedQ(3, 1), [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75]),
        (FixedQ(3, 3, overflow='SAT_SYM'), [-3, -2, -1, 0, 1, 2, 3]),
        (FixedQ(2, 4, False), [0, 4, 8, 12]),
        (MinifloatQ(1, 2, 1), [-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6]),
        (MinifloatQ(0, 1), [-1, 0, 1]),
        (BinaryQ(), [-1, 1]),
        (TernaryQ(), [-1, 0, 1]),
    ],
    ids=repr,
)
def test_values(spec: Spec, expected: list[float]) -> None:
    got = spec.values()
    assert got.dtype == np.float64
    assert got.tolist() == expected
    np.testing.assert_array_equal(spec(got), got)


@pytest.mark.parametrize('spec', [FixedQ(3, -2000), FixedQ(3, 2000, False), MinifloatQ(2, 2, 3000)], ids=repr)
def test_values_beyond_float64_are_exact(spec: Spec) -> None:
    got = spec.values()
    assert got.dtype == object
    assert got.tolist() == sorted(set(got.tolist()))
    assert (got[0], got[-1]) == (spec.min, spec.max)
    assert min(v for v in got if v > 0) == spec.eps


def test_values_up_to_a_million() -> None:
    assert FixedQ(20, 10).values().size == 1 << 20
    for spec in (FixedQ(21, 10), FixedQ(4096, 0), MinifloatQ(12, 8)):
        with pytest.raises(ValueError, match=f'{spec.bits}'):
            spec.values()


@pytest.mark.parametrize('name', ['int', 'size_t', '__x', 'a b', '1a', 'é', ''])
def test_a_declaration_takes_only_free_identifiers(name: str) -> None:
    with pytest.raises(ValueError, match="'name' must be a C\\+\\+ identifier"):
        FixedQ(8, 3).cpp_declaration(name)


class Own(FixedQ):
    """A subclass that adds nothing."""


class OwnMinifloat(MinifloatQ):
    """Likewise."""


@dataclasses.dataclass(frozen=True)
class Decorated(FixedQ):
    """A dataclass has an equality of its own, that of its class."""


@dataclasses.dataclass(frozen=True, eq=False)
class Named(FixedQ):
    """A subclass with a field more is another configuration."""

    name: str = 'x'


@pytest.mark.parametrize(
    ('base', 'derived'),
    [
        (FixedQ(8, 3, True, 'RND', 'SAT'), Own(8, 3, True, 'RND', 'SAT')),
        (FixedQ(8, 3), Decorated(8, 3)),
        (MinifloatQ(3, 4), OwnMinifloat(3, 4)),
    ],
)
def test_a_subclass_equals_its_base_where_both_write_the_same_json(base: Spec, derived: Spec) -> None:
    assert base.get_config() == derived.get_config()
    assert base == derived
    assert derived == base
    assert hash(base) == hash(derived)
    assert len({base, derived}) == 1


def test_other_configurations_are_never_equal() -> None:
    specs = [
        FixedQ(8, 3),
        Own(8, 2),
        FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM'),
        TernaryQ(),
        BinaryQ(),
        MinifloatQ(8, 3),
    ]
    specs += [Named(8, 3), Named(8, 3, name='y')]
    for a, b in itertools.combinations(specs, 2):
        assert a != b
        assert b != a
    assert FixedQ(8, 3) != 'FixedQ(8, 3)'
    assert FixedQ(8, 3) != (8, 3)
    assert dataclasses.replace(FixedQ(8, 3), width=9) == FixedQ(9, 3)
