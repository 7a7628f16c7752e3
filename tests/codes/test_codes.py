"""Codes: values to integers, raw bits and text, and back, exact at any width."""

from __future__ import annotations

import math
import re
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from oracles.reference import (
    code_range,
    fixed_code,
    minifloat_bits,
    minifloat_decoded,
    overflow_modes,
    power_of_two,
)
from oracles.spec_strategies import fixed, specs
from quantizers import BinaryQ, FixedQ, MinifloatQ, Spec, TernaryQ
from quantizers._checks.shown import shown

SMALL_FIXED = [
    FixedQ(w, i, s, 'RND', o, n)
    for w in (1, 2, 3, 8)
    for i in (-2, 1, 10)
    for s in (True, False)
    for o, n in overflow_modes(w, s)
    if n < 2
]
SMALL_MINIFLOATS = [MinifloatQ(m, e, e0) for m in (0, 1, 3) for e in (1, 2, 4) for e0 in (-3, 0, 1)]
SMALL: list[Spec] = [*SMALL_FIXED, *SMALL_MINIFLOATS, BinaryQ(), TernaryQ()]
WIDE: list[Spec] = [
    FixedQ(200, 100, True, 'RND', 'SAT'),
    FixedQ(200, 100, False, 'TRN', 'WRAP'),
    FixedQ(64, 32),
    FixedQ(65, 30, True, 'RND_CONV', 'WRAP_SM'),
    FixedQ(63, 63, False, 'TRN', 'SAT'),
    FixedQ(64, 64, False, 'RND', 'SAT'),
    FixedQ(55, 2000, True, 'TRN', 'WRAP', 2),
    FixedQ(8, -3000),
    FixedQ(4096, 2048, True, 'RND', 'SAT_SYM'),
    FixedQ(4096, -4096),
    FixedQ(4096, 4096, False, 'TRN', 'WRAP', 7),
    MinifloatQ(52, 11),
    MinifloatQ(52, 11, 4096),
    MinifloatQ(5, 11, -4096),
    MinifloatQ(0, 1, -3000),
]
EDGES = [0.0, 5e-324, 0.03, 0.25, 0.5, 0.75, 1.0, 1.5, 3.99, 7.5, 100.3, 2.0**52 + 1, 1e30, 1.7e308, math.pi]
EDGES += [-v for v in EDGES]
INTEGERS = [0, 1, -1, 7, -100, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 2**62 + 12345]


def right_code(spec: Spec, x: Any) -> int:
    if isinstance(spec, MinifloatQ):
        return minifloat_bits(x, spec.mantissa_bits, spec.exponent_bits, spec.exponent_zero)
    if isinstance(spec, BinaryQ):
        return int(x > 0)
    return fixed_code(x, spec.width, spec.integer, spec.signed, spec.rounding, spec.overflow, spec.saturation_bits)


def right_value(spec: Spec, code: int) -> Fraction:
    if isinstance(spec, MinifloatQ):
        return minifloat_decoded(code, spec.mantissa_bits, spec.exponent_bits, spec.exponent_zero)
    return Fraction(2 * code - 1) if isinstance(spec, BinaryQ) else code * power_of_two(-spec.f)


def all_codes(spec: Spec) -> range:
    if isinstance(spec, MinifloatQ | BinaryQ):
        return range(1 << spec.bits)
    low, high = code_range(spec.width, spec.signed, spec.overflow)
    return range(low, high + 1)


def int_dtype(spec: Spec, *, unsigned: bool) -> np.dtype[Any]:
    """The smallest dtype, by the number of bits alone."""
    signed = not unsigned and isinstance(spec, FixedQ | TernaryQ) and spec.signed
    for size in (8, 16, 32, 64):
        if spec.bits <= size:
            return np.dtype(f'{"" if signed else "u"}int{size}')
    return np.dtype(object)


# Every code of small formats ------------------------------------------------------------------------------------------


@pytest.mark.parametrize('spec', SMALL, ids=repr)
def test_every_code_and_back(spec: Spec) -> None:
    codes = np.array(all_codes(spec))
    values = spec.decode(codes)
    assert values.dtype == np.float64
    assert values.tolist() == [float(right_value(spec, c)) for c in codes.tolist()]
    exact = spec.decode(codes, exact=True)
    assert exact.dtype == object
    assert exact.tolist() == [right_value(spec, c) for c in codes.tolist()]
    assert {type(v) for v in exact} <= {int, Fraction}
    np.testing.assert_array_equal(spec.encode(values), codes)
    np.testing.assert_array_equal(spec.encode(values.astype(np.float32)), codes)
    raw = codes & ((1 << spec.bits) - 1)
    np.testing.assert_array_equal(spec.to_bits(values), raw)
    for again in (spec.from_bits(raw), spec.from_hex(spec.to_hex(values)), spec.from_bin(spec.to_bin(values))):
        assert again.dtype == np.float64
        np.testing.assert_array_equal(again, values)
        np.testing.assert_array_equal(np.signbit(again), np.signbit(values))
    assert spec.from_bits(raw, exact=True).tolist() == exact.tolist()


@pytest.mark.parametrize('spec', SMALL, ids=repr)
def test_values_are_the_decoded_codes(spec: Spec) -> None:
    expected = sorted({float(right_value(spec, c)) for c in all_codes(spec)})
    assert spec.values().tolist() == expected


@pytest.mark.parametrize('spec', SMALL + WIDE, ids=repr)
def test_encode_any_number(spec: Spec) -> None:
    for x in (EDGES, np.array(EDGES[:8], np.float16), np.array(EDGES[:11], np.float32), INTEGERS, [True, False]):
        array = np.asarray(x)
        codes = spec.encode(x)
        assert isinstance(codes, np.ndarray)
        assert codes.dtype == int_dtype(spec, unsigned=False)
        assert codes.tolist() == [right_code(spec, v) for v in array.tolist()]
        bits = spec.to_bits(x)
        assert bits.dtype == int_dtype(spec, unsigned=True)
        assert bits.tolist() == [c % (1 << spec.bits) for c in codes.tolist()]


@pytest.mark.parametrize('spec', [FixedQ(8, 3), FixedQ(70, 20), MinifloatQ(3, 4), BinaryQ(), TernaryQ()], ids=repr)
def test_encode_other_inputs(spec: Spec) -> None:
    narrow = np.array([0.3, -1.7, 2.0], ml_dtypes.bfloat16)
    assert spec.encode(narrow).tolist() == [right_code(spec, float(v)) for v in narrow]
    unsigned = np.array([0, 5, 2**53 + 1, 2**64 - 1], np.uint64)
    assert spec.encode(unsigned).tolist() == [right_code(spec, v) for v in unsigned.tolist()]
    x = np.array(EDGES[:6])
    np.testing.assert_array_equal(spec.encode(x.astype('>f8')), spec.encode(x))
    np.testing.assert_array_equal(spec.encode(x[::-1]), spec.encode(x)[::-1])


@pytest.mark.parametrize('spec', SMALL[:3] + SMALL[-3:] + WIDE, ids=repr)
@pytest.mark.parametrize('shape', [(), (0,), (3, 0), (2, 3), (1, 2, 2)])
def test_shapes_are_kept(spec: Spec, shape: tuple[int, ...]) -> None:
    x = np.zeros(shape)
    codes = spec.encode(x)
    results = [codes, spec.to_bits(x), spec.to_hex(x), spec.to_bin(x)]
    results += [spec.decode(codes, exact=True), spec.from_bits(spec.to_bits(x), exact=True)]
    results += [spec.from_hex(spec.to_hex(x), exact=True), spec.from_bin(spec.to_bin(x), exact=True)]
    if spec.max < 2**1000:
        results += [spec.decode(codes), spec.from_bits(spec.to_bits(x)), spec.from_hex(spec.to_hex(x))]
    for result in results:
        assert isinstance(result, np.ndarray)
        assert result.shape == shape


# Any width ------------------------------------------------------------------------------------------------------------


def some_codes(spec: Spec) -> list[int]:
    codes = all_codes(spec)
    low, high = codes[0], codes.stop - 1
    candidates = {
        low,
        low + 1,
        high,
        high - 1,
        0,
        1,
        -1,
        3,
        low // 3,
        high // 3,
        2**53 + 1,
        -(2**60) - 1,
        high // 7 * 2 + 1,
    }
    return sorted(c for c in candidates if low <= c <= high)


@pytest.mark.parametrize('spec', WIDE, ids=repr)
def test_wide_codes_lose_nothing(spec: Spec) -> None:
    codes = some_codes(spec)
    values = spec.decode(np.array(codes, int_dtype(spec, unsigned=False)), exact=True)
    assert values.tolist() == [right_value(spec, c) for c in codes]
    raw = [c % (1 << spec.bits) for c in codes]
    assert spec.from_bits(np.array(raw, object), exact=True).tolist() == values.tolist()
    assert spec.from_bits(np.array(raw, int_dtype(spec, unsigned=True)), exact=True).tolist() == values.tolist()
    hexadecimal, binary = [f'{b:0{-(-spec.bits // 4)}x}' for b in raw], [f'{b:0{spec.bits}b}' for b in raw]
    assert spec.from_hex(hexadecimal, exact=True).tolist() == values.tolist()
    assert spec.from_bin(binary, exact=True).tolist() == values.tolist()


def test_200_bits_there_and_back() -> None:
    spec = FixedQ(200, 100)
    x = np.array([math.pi, -math.e, 5e-324, -5e-324, 2.0**98 + 2.0**46, 0.1])
    codes = spec.encode(x)
    assert codes.dtype == object
    assert codes.tolist() == [math.floor(Fraction(v) * 2**100) for v in x.tolist()]
    exact = spec.decode(codes, exact=True)
    assert exact.tolist() == [Fraction(c, 2**100) for c in codes]
    assert exact[4] == 2**98 + 2**46
    assert spec.to_hex(math.pi).item() == f'{math.floor(Fraction(math.pi) * 2**100):050x}'
    assert spec.to_bits(-5e-324).item() == 2**200 - 1
    assert spec.decode(codes).tolist() == [math.pi, -math.e, 0.0, -(2.0**-100), x[4], spec.decode(codes)[5]]


def test_4096_bits_in_text() -> None:
    spec = FixedQ(4096, 2048)
    text = spec.to_bin([1.0, -1.0])
    assert text.tolist() == ['0' * 2047 + '1' + '0' * 2048, '1' * 2048 + '0' * 2048]
    assert spec.from_bin(text).tolist() == [1.0, -1.0]
    assert spec.from_hex(['0' * 1023 + '1'], exact=True).tolist() == [Fraction(1, 2**2048)]


@pytest.mark.parametrize('codes', [[2**63, -1], [2**64, -1], [2**70], [-(2**70), 5], [2**63 - 1, 2**63], (1, 2)])
def test_lists_of_python_ints_of_any_size(codes: Any) -> None:
    spec = FixedQ(100, 100)
    assert spec.decode(codes, exact=True).tolist() == list(codes)
    assert FixedQ(100, 100, False).from_bits([abs(c) for c in codes], exact=True).tolist() == [abs(c) for c in codes]


def test_a_value_that_float64_cannot_hold() -> None:
    """Towards zero; beyond float64 it is an error that says how to go on."""
    spec = FixedQ(64, 64)
    assert spec.decode([2**63 - 1, -(2**63) + 1, 2**53 + 1]).tolist() == [2**63 - 1024, -(2**63) + 1024, 2**53]
    assert FixedQ(8, -2000).decode([1, -1, 0]).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match=r'exact=True'):
        FixedQ(8, 2000).decode([1])
    with pytest.raises(ValueError, match=r'exact=True'):
        FixedQ(8, 2000).from_bits([1])
    assert FixedQ(8, 2000).decode([0, 1], exact=True).tolist() == [0, 2**1992]


# Minifloat, binary, ternary -------------------------------------------------------------------------------------------


@pytest.mark.parametrize('spec', [MinifloatQ(1, 2, 1), MinifloatQ(52, 11), MinifloatQ(5, 11, -4096)], ids=repr)
def test_minus_zero_survives(spec: MinifloatQ) -> None:
    top = 1 << (spec.bits - 1)
    for x in (np.array([0.0, -0.0]), np.array([0.0, -0.0], np.float32)):
        assert spec.encode(x).tolist() == spec.to_bits(x).tolist() == [0, top]
    assert spec.to_bin([-0.0]).tolist() == ['1' + '0' * (spec.bits - 1)]
    if spec.fits('float64'):
        for again in (spec.decode([0, top]), spec.from_bits([0, top])):
            assert again.tolist() == [0, 0]
            assert np.signbit(again).tolist() == [False, True]


@pytest.mark.parametrize(('spec', 'tiny'), [(MinifloatQ(1, 2, 1), 0.1), (MinifloatQ(3, 11, 4000), 1.0)], ids=repr)
def test_a_negative_number_that_becomes_zero_is_minus_zero(spec: MinifloatQ, tiny: float) -> None:
    assert spec.encode([tiny, -tiny]).tolist() == [0, 1 << (spec.bits - 1)]


def test_known_minifloat_codes() -> None:
    fp4 = MinifloatQ(1, 2, 1)
    values = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    assert fp4.encode(values).tolist() == list(range(8))
    assert fp4.to_hex([6, -6, 0.5]).tolist() == ['7', 'f', '1']
    assert fp4.to_bin([6, -6, 0.5]).tolist() == ['0111', '1111', '0001']
    assert MinifloatQ(3, 2, 1).to_hex([-7.5, 1.0]).tolist() == ['3f', '08']
    assert MinifloatQ(52, 11, 1).encode([1.0]).tolist() == [0x3FF0_0000_0000_0000]


def test_binary_and_ternary_codes() -> None:
    x = [1.0, 0.0, -0.0, -3.0, 1e-300, math.inf, -math.inf]
    assert BinaryQ().encode(x).tolist() == BinaryQ().to_bits(x).tolist() == [1, 0, 0, 0, 1, 1, 0]
    assert BinaryQ().to_hex(x).tolist() == BinaryQ().to_bin(x).tolist() == list('1000110')
    assert BinaryQ().decode([0, 1]).tolist() == [-1, 1]
    assert TernaryQ().encode(x).tolist() == [1, 0, 0, -1, 0, 1, -1]
    assert TernaryQ().to_bin([1, 0, -1]).tolist() == ['01', '00', '11']
    assert TernaryQ().to_hex([1, 0, -1]).tolist() == ['1', '0', '3']
    assert TernaryQ().from_bin(['11', '01']).tolist() == [-1, 1]


def test_known_fixed_codes_and_text() -> None:
    spec = FixedQ(8, 3, True, 'RND', 'SAT')
    assert spec.encode([1.02, -1.02, 9, -9]).tolist() == [33, -33, 127, -128]
    assert spec.encode(1.02).dtype == np.int8
    assert spec.to_bits([1.02, -1.02, 9, -9]).tolist() == [33, 223, 127, 128]
    assert spec.to_bits(1.02).dtype == np.uint8
    assert spec.to_hex([1.02, -1.02]).tolist() == ['21', 'df']
    assert spec.to_bin([1.02, -1.02]).tolist() == ['00100001', '11011111']
    assert FixedQ(9, 3).to_hex([-0.1]).tolist() == ['1f9']  # 9 bits in 3 digits
    assert FixedQ(12, 4, False).to_hex([1.5]).tolist() == ['180']
    assert spec.from_hex('dF') == spec.from_hex('0xdf') == spec.from_bin('0b11011111') == -1.03125
    assert spec.from_hex([['21'], ['7f']]).tolist() == [[1.03125], [3.96875]]


# Arrays of many blocks ------------------------------------------------------------------------------------------------

MANY: list[Spec] = [
    FixedQ(8, 3, True, 'RND', 'SAT'),
    FixedQ(12, 4, False, 'RND', 'SAT'),
    FixedQ(16, 6, True, 'TRN', 'SAT_ZERO'),
    FixedQ(40, 8, True, 'RND_CONV', 'SAT'),
    MinifloatQ(3, 4),
    MinifloatQ(7, 8),
    BinaryQ(),
    TernaryQ(),
]


@pytest.mark.parametrize('dtype', ['f4', 'f8', '>f4', 'f2', ml_dtypes.bfloat16, 'i1', 'i8', bool])
@pytest.mark.parametrize('spec', MANY, ids=repr)
def test_large_arrays_in_any_order(spec: Spec, dtype: Any) -> None:
    few = (-np.arange(-100.0, 101.0) / 16).astype(dtype)
    few_codes = np.array([right_code(spec, v) for v in few.astype(float).tolist()], int_dtype(spec, unsigned=False))
    few_values = np.array([float(right_value(spec, c)) for c in few_codes.tolist()])
    place = np.random.default_rng(0).integers(0, few.size, (2, 5, 5001))
    for view in (lambda a: a, np.asfortranarray, lambda a: a.transpose(2, 0, 1), lambda a: a[:, ::-1, ::3], np.ravel):
        x, codes, values = view(few[place]), view(few_codes[place]), view(few_values[place])
        encoded, decoded = spec.encode(x), spec.decode(codes)
        assert encoded.dtype == codes.dtype
        assert encoded.flags.f_contiguous == decoded.flags.f_contiguous == np.copy(x, order='K').flags.f_contiguous
        np.testing.assert_array_equal(encoded, codes)
        for again in (decoded, spec.from_bits(spec.to_bits(x)), spec.from_hex(spec.to_hex(x))):
            np.testing.assert_array_equal(again, values)
            np.testing.assert_array_equal(spec.encode(again), codes)


@pytest.mark.parametrize('spec', [*MANY, FixedQ(8, 3)], ids=repr)
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_a_number_without_code_is_found_anywhere(spec: Spec, dtype: Any) -> None:
    for place in (0, 20_000, -1):
        x = np.zeros(50_000, dtype)
        x[place] = math.nan
        with pytest.raises(ValueError, match=r"^'x' must have no NaN"):
            spec.encode(x)
        x[1] = math.inf
        with pytest.raises(ValueError, match=r"^'x' must have no NaN"):
            spec.encode(x)
        x[place] = 0
        if getattr(spec, 'overflow', '').startswith('WRAP'):
            with pytest.raises(ValueError, match=r"^'x' must have no Inf"):
                spec.encode(x)


@pytest.mark.parametrize('spec', MANY, ids=repr)
def test_nothing_of_the_size_of_an_array_lies_between(spec: Spec) -> None:
    x = np.random.default_rng(0).standard_normal(2_000_000)
    codes = spec.encode(x)

    def beyond_result(function: Callable[[], Any]) -> int:
        tracemalloc.start()
        size = function().nbytes
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - size

    for function in (lambda: spec.encode(x), lambda: spec.to_bits(x), lambda: spec.decode(codes)):
        assert beyond_result(function) < 2 << 20


# The ends of float dtypes ---------------------------------------------------------------------------------------------

# exponent fields as wide as float32's and float64's, or one bit less; powers of two beyond both
FAR: list[Spec] = [
    *(MinifloatQ(*fields) for fields in ((7, 8), (7, 8, -3), (22, 8), (23, 7), (0, 8, -22), (3, 4, 100), (3, 4, 120))),
    *(MinifloatQ(*fields) for fields in ((3, 4, -130), (5, 11), (51, 11), (0, 11, -51), (52, 10), (3, 4, 1000))),
    *(MinifloatQ(*fields) for fields in ((3, 4, -1060), (0, 1, 1023), (0, 1, -1074), (3, 10, 500), (10, 10, -530))),
    *(FixedQ(8, integer, signed) for integer in (-1066, -500, -141, -119, 128, 1024) for signed in (True, False)),
    *(FixedQ(24, integer) for integer in (-125, 128, 1024)),
    *(FixedQ(53, integer, False) for integer in (-1021, 1024)),
]


@pytest.mark.parametrize('spec', FAR, ids=repr)
def test_formats_at_the_ends_of_float_dtypes(spec: Spec) -> None:
    low, high = all_codes(spec)[0], all_codes(spec)[-1]
    near = [0, 1, 2, 3, *(1 << n for n in range(spec.bits)), *((1 << n) - 1 for n in range(spec.bits + 1))]
    near += [-c for c in near] + [low + c for c in near] + [high - c for c in near]
    near += np.random.default_rng(0).integers(low, high, 200, endpoint=True, dtype=np.array(high).dtype).tolist()
    codes = [c for c in near if low <= c <= high]
    assert spec.fits('float64')
    with np.errstate(all='raise'):
        values = spec.decode(codes)
        assert values.tolist() == [float(right_value(spec, c)) for c in codes]
        assert spec.encode(values).tolist() == codes
        if spec.fits('float32'):
            assert spec.encode(values.astype(np.float32)).tolist() == codes


# Text -----------------------------------------------------------------------------------------------------------------


def number_of(text: str, base: int) -> int | None:
    """What Python says of a text that the rule allows."""
    prefix, digits = ('0x', '0123456789abcdef') if base == 16 else ('0b', '01')
    lower = text.lower() if text.isascii() else '?'
    rest = lower.removeprefix(prefix)
    return int(rest, base) if rest and set(rest) <= set(digits) else None


some_text = st.builds(
    str.__add__,
    st.sampled_from(['', '0x', '0X', '0b', '0B', '1x', '1b']),
    st.text('01abfxgABFX\0\x7f\x80\uff11', max_size=5) | st.text('01', min_size=60, max_size=80),
)


@given(st.lists(some_text, max_size=5))
@settings(max_examples=500, deadline=None)
def test_any_text(texts: list[str]) -> None:
    array = np.array(texts, str)
    spec = FixedQ(1024, 1024, False)
    for base, read in ((16, spec.from_hex), (2, spec.from_bin)):
        numbers = [number_of(text, base) for text in array.tolist()]
        wrong = [text for text, number in zip(array.tolist(), numbers, strict=True) if number is None]
        for form in (array, array.astype(array.dtype.newbyteorder()), array.astype(object)):
            if wrong:
                with pytest.raises(ValueError, match=re.escape(f'digits: {shown(wrong[0])}')):
                    read(form, exact=True)
            else:
                assert read(form, exact=True).tolist() == numbers


@pytest.mark.parametrize('base', [16, 2])
def test_large_arrays_of_text(base: int) -> None:
    """Of all lengths, with and without prefix and leading zeros, up to 64 bits and beyond."""
    numbers = [n >> (k % 64) for k, n in enumerate(np.random.default_rng(0).integers(0, 2**63, 30_000).tolist())]
    numbers[5], longest = 2**64 - 1, {16: 16, 2: 64}[base]
    forms = ('x', '016x', '#x', '#018x', 'X') if base == 16 else ('b', '064b', '#b', '#066b', 'b')
    texts = np.array([format(n, forms[k % 5]) for k, n in enumerate(numbers)])
    spec = FixedQ(64, 64, False)
    read = spec.from_hex if base == 16 else spec.from_bin
    assert texts.itemsize == 4 * (longest + 2)
    assert read(texts, exact=True).tolist() == numbers
    for part in (texts[1::5], texts[::-2], texts[:, None]):
        values = read(part, exact=True)
        assert values.shape == part.shape
        assert values.ravel().tolist() == [number_of(text, base) for text in part.ravel().tolist()]
    one_more = texts.copy()
    one_more[7] = '1' + '0' * longest
    with pytest.raises(ValueError, match=f'64 bits: {2**64}$'):
        read(one_more)
    one_more[20_000], one_more[29_000] = '0_1', '-1'
    with pytest.raises(ValueError, match=r"digits: '0_1'$"):
        read(one_more)


# Refusals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('spec', SMALL[::7] + WIDE + [BinaryQ(), TernaryQ(), *SMALL_MINIFLOATS[:2]], ids=repr)
@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64, ml_dtypes.bfloat16])
def test_nan_and_inf(spec: Spec, dtype: Any) -> None:
    for method in (spec.encode, spec.to_bits, spec.to_hex, spec.to_bin):
        with pytest.raises(ValueError, match=r"^'x' must have no NaN"):
            method(np.array([1.0, math.nan], dtype))
    infinite = np.array([math.inf, -math.inf], dtype)
    if getattr(spec, 'overflow', '').startswith('WRAP'):
        for method in (spec.encode, spec.to_bits, spec.to_hex, spec.to_bin):
            with pytest.raises(ValueError, match=rf"^'x' must have no Inf .*{spec.overflow}"):  # type: ignore[union-attr]
                method(infinite)
    else:
        assert spec.encode(infinite).tolist() == [right_code(spec, v) for v in (math.inf, -math.inf)]


@pytest.mark.parametrize('spec', SMALL[::5] + WIDE + [BinaryQ(), TernaryQ(), *SMALL_MINIFLOATS[:2]], ids=repr)
def test_codes_and_bits_outside_the_width(spec: Spec) -> None:
    codes = all_codes(spec)
    low, high, full = codes[0], codes.stop - 1, 1 << spec.bits
    for exact in (False, True):
        for wrong in (low - 1, high + 1, -full, 4 * full):
            with pytest.raises(ValueError, match=re.escape(f'{low} to {high}: {start(wrong)}')):
                spec.decode(np.array([0, wrong], object), exact=exact)
        for wrong in (-1, full):
            with pytest.raises(ValueError, match=f'{spec.bits} bits: {start(wrong)}'):
                spec.from_bits(np.array([0, wrong], object), exact=exact)
        with pytest.raises(ValueError, match=f'{spec.bits} bits'):
            spec.from_bin(['1' + '0' * spec.bits], exact=exact)
        with pytest.raises(ValueError, match=f'{spec.bits} bits'):
            spec.from_hex([f'{full:x}'], exact=exact)


def start(number: int) -> str:
    """How an error begins to show an integer, of which it shows at most 80 characters."""
    return str(number) if number.bit_length() <= 240 else hex(number)[:40]


def test_a_symmetric_format_has_no_lowest_code() -> None:
    spec = FixedQ(8, 3, True, 'RND', 'SAT_SYM')
    assert spec.decode([-127]).tolist() == [-3.96875]
    for call in (lambda: spec.decode([-128]), lambda: spec.from_bits([128]), lambda: spec.from_hex(['80'])):
        with pytest.raises(ValueError, match='-128'):
            call()


@pytest.mark.parametrize(
    'dtype', ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', '>i4', object]
)
def test_codes_of_any_integer_dtype(dtype: Any) -> None:
    codes = np.array([0, 1, 100], dtype)
    assert FixedQ(8, 3).decode(codes).tolist() == [0, 1 / 32, 100 / 32]
    assert FixedQ(8, 3).from_bits(codes).tolist() == [0, 1 / 32, 100 / 32]
    assert MinifloatQ(3, 4).decode(codes).tolist() == MinifloatQ(3, 4).decode([0, 1, 100]).tolist()
    assert BinaryQ().decode(codes[:2]).tolist() == [-1, 1]


@pytest.mark.parametrize('wrong', [[1.0], [True], ['1'], [None], [1, None], [[1.5]], 1j, [Fraction(1)], 'ff'], ids=repr)
@pytest.mark.parametrize('spec', [FixedQ(8, 3), FixedQ(80, 3), MinifloatQ(3, 4), BinaryQ()], ids=repr)
def test_codes_that_are_no_integers(spec: Spec, wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^'code' must be an array of integers"):
        spec.decode(wrong)
    with pytest.raises(TypeError, match=r"^'bits' must be an array of integers"):
        spec.from_bits(wrong)


@pytest.mark.parametrize(
    'wrong',
    [
        '',
        ' 1',
        '1 ',
        '1\n',
        '1\0001',
        '00x1',
        '0x0x1',
        'x1',
        '\xb1',
        '-1',
        '+1',
        '1_0',
        'g',
        '0x',
        '1.0',
        '\uff12',
        3,
        1.5,
        None,
        b'1',
    ],
    ids=repr,
)
def test_text_that_is_no_number(wrong: Any) -> None:
    for call in (FixedQ(8, 3).from_hex, FixedQ(8, 3).from_bin, BinaryQ().from_hex, MinifloatQ(3, 4).from_bin):
        with pytest.raises(ValueError, match=f"^'text' must be of .* digits: {re.escape(repr(wrong))}"):
            call([wrong, '1'] if isinstance(wrong, str) else np.array([wrong], object))
    with pytest.raises(ValueError, match=r"^'text' must be of binary digits: '2'"):
        FixedQ(8, 3).from_bin('2')


def test_encode_never_changes_its_input_and_never_warns() -> None:
    x = np.array(EDGES)
    x.flags.writeable = False
    for spec in (*SMALL[:8], *WIDE, BinaryQ(), TernaryQ()):
        with np.errstate(all='raise'):
            spec.encode(x)
            spec.to_bits(x)
    np.testing.assert_array_equal(x, EDGES)


# hypothesis -----------------------------------------------------------------------------------------------------------

floats = hnp.arrays(np.float64, st.integers(0, 4), elements=st.floats(allow_nan=False, allow_infinity=False))
integers = hnp.arrays(st.sampled_from([np.int64, np.uint64, np.int8]), st.integers(0, 4))


# the one step that no float has, though its largest number, 0, is one
@example(FixedQ(1, 1025), np.array([-1.7e308, -1.0, 0.0, 1.7e308]))
@given(specs, floats | integers)
@settings(max_examples=200, deadline=None)
def test_codes_are_right_and_round_trip(spec: Spec, x: np.ndarray) -> None:
    codes = spec.encode(x)
    assert codes.tolist() == [right_code(spec, v) for v in x.tolist()]
    values = spec.decode(codes, exact=True)
    assert values.tolist() == [right_value(spec, c) for c in codes.tolist()]
    for again in (
        spec.from_bits(spec.to_bits(x), exact=True),
        spec.from_hex(spec.to_hex(x), exact=True),
        spec.from_bin(spec.to_bin(x), exact=True),
    ):
        assert again.tolist() == values.tolist()


@given(st.data(), specs)
@settings(deadline=None)
def test_any_raw_bits_round_trip(data: st.DataObject, spec: Spec) -> None:
    codes = all_codes(spec)
    code = data.draw(st.integers(codes[0], codes.stop - 1))
    value = spec.decode([code], exact=True)
    assert value.tolist() == [right_value(spec, code)]
    raw = code % (1 << spec.bits)
    assert spec.from_bits([raw], exact=True).tolist() == value.tolist()
    assert spec.from_hex([f'{raw:x}'], exact=True).tolist() == value.tolist()
    if spec.fits('float64'):
        number = spec.decode([code])
        assert number.tolist() == value.tolist()
        assert spec.encode(number).tolist() == [code]
        assert spec.to_bits(number).tolist() == [raw]
        assert spec(number).tolist() == number.tolist()


@given(fixed(max_width=53), floats)
def test_the_call_is_the_decoded_code(spec: FixedQ, x: np.ndarray) -> None:
    if spec.fits('float64'):
        np.testing.assert_array_equal(spec(x), spec.decode(spec.encode(x)))


def test_binary_decodes_exactly() -> None:
    assert BinaryQ().decode([0, 1, 1], exact=True).tolist() == [-1, 1, 1]
