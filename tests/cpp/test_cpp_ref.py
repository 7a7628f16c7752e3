"""ap_minifloat.h and ap_binary.h, compiled with the vendor's ap_fixed.h: the bits of Python and of the exact laws."""

from __future__ import annotations

import math
import random
import re
import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles import reference
from oracles.cpp_checks import Build, Checks, Format, Words, build, errors, programs, words
from oracles.minifloat_inputs import small_inputs
from oracles.reference import power_of_two
from oracles.vendor import headers
from quantizers import BinaryQ, MinifloatQ, TernaryQ

PYTHON, EXACT = 'C++ against Python', 'C++ against exact arithmetic'
PYTHON_EXACT = 'Python against exact arithmetic, for C++'
SMALL = [(m, e, e0) for m in range(6) for e in range(1, 6) for e0 in range(-4, 5)]
# every extreme, OCP's formats, ties of one bit, subnormal numbers alone
SOME = [(0, 1, 0), (0, 1, -3), (5, 1, 2), (0, 3, -1), (0, 5, 4), (1, 2, 1), (3, 2, 1), (2, 3, 1), (3, 4, 0), (2, 5, -4)]
SOME += [(5, 4, 1)]
ONLY: Format = ()
COMPARISONS = (
    lambda a, b: a == b,
    lambda a, b: a != b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
)


@pytest.fixture(scope='session')
def folder(kept: Callable[[str], Path]) -> Path:
    return kept('cpp_ref')


@pytest.fixture(scope='session')
def every_small(folder: Path) -> list[Checks]:
    """Every small format, a library for two numbers of mantissa bits."""
    parts = [tuple(shape for shape in SMALL if shape[0] // 2 == j) for j in range(3)]
    return build('small.cpp', [Build(part, 'c++11') for part in parts], folder)


Standards = dict[str, Checks]


def in_standards(source: str, formats: Sequence[Format], folder: Path, *macros: str, step: int = 1) -> Standards:
    """A library in C++17, and a program in C++11 under sanitizers for each `step`-th format."""
    plain = Build(tuple(formats), 'c++17', macros)
    sanitized = Build(tuple(formats[::step]), 'c++11', macros, sanitized=True)
    return dict(zip(STANDARDS, build(source, [plain, sanitized], folder), strict=True))


@pytest.fixture(scope='session')
def small(folder: Path) -> Standards:
    return in_standards('small.cpp', SOME, folder, 'ALL', step=2)


@pytest.fixture(scope='session')
def wide(folder: Path) -> Standards:
    return in_standards('wide.cpp', WIDE, folder, step=3)


@pytest.fixture(scope='session')
def binary(folder: Path) -> Standards:
    return in_standards('binary.cpp', [ONLY], folder)


STANDARDS = ('c++17', 'c++11 sanitized')
every_standard = pytest.mark.parametrize('standard', STANDARDS)


def no_finding_in_ours(checks: Checks) -> None:
    """Of what UBSan tells only places inside the vendor's headers, which shift negative numbers, are let pass."""
    assert not [place for place in checks.findings if not Path(place.split(':')[0]).is_relative_to(headers())]


@cache
def magnitude_bits(x: Fraction, shape: tuple[int, int, int]) -> int:
    return reference.minifloat_bits(x, *shape)


def exact_bits(x: float | Fraction, shape: tuple[int, int, int]) -> int:
    """The raw bits of a number by the exact laws; what was asked before is remembered, for either sign."""
    if isinstance(x, float) and not math.isfinite(x):
        return reference.minifloat_bits(x, *shape)
    negative = math.copysign(1, x) < 0 if isinstance(x, float) else x < 0
    return magnitude_bits(abs(Fraction(x)), shape) | negative << (shape[0] + shape[1])


def exact_of_fixed(raw: NDArray, fraction: int) -> list[Fraction]:
    return [int(code) * power_of_two(-fraction) for code in raw]


def same_words(tally: Any, source: str, what: object, x: NDArray, got: Words, expected: NDArray) -> None:
    wanted = words(expected)
    tally.note(source, what, x, got[:, 0], wanted[:, 0], (got == wanted).all(axis=1))


def fixed_inputs(shape: tuple[int, int, int], width: int, integer: int) -> NDArray:
    """Raw fixed-point numbers at and next to codes and midpoints of a format, of all magnitudes, and the extremes."""
    finite = [reference.exact(x) * power_of_two(width - integer) for x in small_inputs(*shape, np.float64).tolist()]
    low, high = reference.code_range(width, True, 'WRAP')
    raw = {math.floor(y) + step for y in finite for step in (0, 1)}
    generator = random.Random(repr(shape))
    raw |= {generator.getrandbits(generator.randint(1, width)) >> 1 for _ in range(64)}
    raw |= {low, low + 1, high, high - 1, -1, 0, 1}
    return np.array(sorted(code for code in raw if low <= code <= high))


def codes_of(shape: tuple[int, int, int]) -> NDArray:
    m, e, _ = shape
    return np.arange(1 << (1 + e + m))


def exact_codes(bits: NDArray, shape: tuple[int, int, int]) -> NDArray:
    """The values of raw bits, in steps of the format."""
    m, e, e0 = shape
    step = power_of_two(reference.exponents(e, e0)[0] - m)
    return np.array([int(reference.minifloat_decoded(int(code), m, e, e0) / step) for code in bits], object)


def check_conversions(checks: Checks, shape: tuple[int, int, int], tally: Any) -> None:
    spec = MinifloatQ(*shape)
    x = small_inputs(*shape, np.float64)
    x = np.concatenate([x, [np.inf, -np.inf, 5e-324, -5e-324, 0.0]])
    expected = np.array([exact_bits(number, shape) for number in x.tolist()])
    python = spec.to_bits(x).astype(np.int64)
    got = checks('FROM_DOUBLE', shape, x)
    same_words(tally, EXACT, f'double to {spec}', x, got, expected)
    same_words(tally, PYTHON, f'double to {spec}', x, got, python)
    tally(PYTHON_EXACT, spec, x, python, expected)
    raw = fixed_inputs(shape, 40, 20)
    expected = np.array([exact_bits(number, shape) for number in exact_of_fixed(raw, 20)])
    python = spec.to_bits(np.ldexp(raw.astype(np.float64), -20)).astype(np.int64)
    got = checks('FROM_FIXED', shape, raw)
    same_words(tally, EXACT, f'fixed to {spec}', raw, got, expected)
    same_words(tally, PYTHON, f'fixed to {spec}', raw, got, python)
    tally(PYTHON_EXACT, spec, raw, python, expected)


def fixed_operands(n: int, seed: int) -> NDArray:
    """Codes of ap_fixed<12, 5>: the extremes beside random ones."""
    raw = np.random.default_rng(seed).integers(-2048, 2048, n)
    raw[::8], raw[1::8], raw[2::8], raw[3::8] = -2048, 2047, -1, 1
    return raw


def check_exact_operations(checks: Checks, shape: tuple[int, int, int], tally: Any, functions: str) -> None:
    """Products and sums with ap_fixed<12, 5>: the type is as wide as needed, and no bit is lost."""
    m, e, e0 = shape
    emin, emax = reference.exponents(e, e0)
    fraction, integer, width = m - emin, emax + 2, (1 << e) + m
    sum_fraction, sum_integer = max(fraction, 7), max(integer, 5) + 1
    wanted = [(width + 11, integer + 4), (sum_integer + sum_fraction, sum_integer)]
    if functions != 'few':
        wanted += [(width, integer), wanted[1], (2 * width - 1, 2 * integer - 1), (width + 1, integer + 1)]
    shapes = checks('SHAPES', shape, [0]).view(np.int64)
    assert [tuple(pair) for pair in shapes[: len(wanted)]] == wanted
    bits = np.repeat(codes_of(shape), 8)
    raw = fixed_operands(bits.size, m)
    values = exact_codes(codes_of(shape), shape).astype(np.int64).repeat(8)
    left, right = values << (sum_fraction - fraction), raw << (sum_fraction - 7)
    expected = {'TIMES_FIXED': values * raw, 'PLUS_FIXED': left + right}
    if functions != 'few':
        expected |= {'FIXED_TIMES': values * raw, 'FIXED_PLUS': left + right}
        expected |= {'MINUS_FIXED': left - right, 'FIXED_MINUS': right - left}
    for function, result in expected.items():
        same_words(tally, EXACT, f'{function}, {shape}', bits, checks(function, shape, bits, raw), result)


@pytest.mark.parametrize('m', range(6))
def test_every_small_format_at_every_code_midpoint_and_neighbour(m: int, every_small: list[Checks], tally: Any) -> None:
    for shape in (shape for shape in SMALL if shape[0] == m):
        check_conversions(every_small[m // 2], shape, tally)
    magnitude_bits.cache_clear()
    tally.check()


@pytest.mark.parametrize('m', range(6))
def test_products_and_sums_with_fixed_point_are_exact(m: int, every_small: list[Checks], tally: Any) -> None:
    for shape in (shape for shape in SMALL if shape[0] == m):
        check_exact_operations(every_small[m // 2], shape, tally, 'few')
    tally.check()


@every_standard
def test_all_functions_in_every_standard(standard: str, small: Standards, tally: Any) -> None:
    checks = small[standard]
    rng = np.random.default_rng(0)
    for shape in checks.formats:
        m, e, _ = shape
        check_conversions(checks, shape, tally)
        check_exact_operations(checks, shape, tally, 'all')
        bits = codes_of(shape)
        values = np.array([reference.minifloat_decoded(int(code), *shape) for code in bits], object)
        decoded = MinifloatQ(*shape).from_bits(bits)
        same_words(tally, PYTHON, f'to double, {shape}', bits, checks('TO_DOUBLE', shape, bits), decoded)
        same_words(tally, EXACT, f'-x, {shape}', bits, checks('NEGATED', shape, bits), bits ^ (1 << (e + m)))
        steps = exact_codes(bits, shape)
        same_words(tally, EXACT, f'to fixed, {shape}', bits, checks('TO_FIXED', shape, bits), steps)
        pairs = rng.permutation(np.stack(np.meshgrid(bits, bits), axis=-1).reshape(-1, 2))[: 2 * bits.size + 64]
        a, b = np.concatenate([pairs, np.stack([bits, bits], axis=1), np.stack([bits, bits[::-1]], axis=1)]).T
        for function, result in (
            ('TIMES', steps[a] * steps[b]),
            ('PLUS', steps[a] + steps[b]),
            ('MINUS', steps[a] - steps[b]),
        ):
            same_words(tally, EXACT, f'{function}, {shape}', a, checks(function, shape, a, b), result)
        check_comparisons(checks, 'COMPARED', shape, a, b, values[a], values[b], tally)
        raw = np.concatenate([fixed_operands(a.size // 2, e), clipped(values[a[a.size // 2 :]])])
        fixed = np.array(exact_of_fixed(raw, 7), object)
        check_comparisons(checks, 'COMPARED_FIXED', shape, a, raw, values[a], fixed, tally)
        check_comparisons(checks, 'FIXED_COMPARED', shape, a, raw, fixed, values[a], tally)
        x = np.resize(small_inputs(*shape, np.float64), a.size)
        x[:4] = np.inf, -np.inf, np.nan, 5e-324
        check_comparisons(checks, 'COMPARED_DOUBLE', shape, a, x, values[a], x.astype(object), tally)
    no_finding_in_ours(checks)
    tally.check()


def clipped(values: NDArray) -> NDArray:
    """Codes of ap_fixed<12, 5> at or next to values."""
    return np.array([min(max(math.floor(value * 128), -2048), 2047) for value in values])


def check_comparisons(
    checks: Checks, function: str, shape: Any, a: NDArray, b: NDArray, left: NDArray, right: NDArray, tally: Any
) -> None:
    expected = [sum(holds(p, q) << j for j, holds in enumerate(COMPARISONS)) for p, q in zip(left, right, strict=True)]
    same_words(tally, EXACT, f'{function}, {shape}', a, checks(function, shape, a, b), np.array(expected))


# Wide formats --------------------------------------------------------------------------------------------------------


def wide_formats() -> list[Format]:
    """Random formats, each with a fixed-point type and a second format; and the limits."""
    generator = random.Random(8)
    limits = [
        (52, 11, 0, 'ap_fixed', 40, 20, 52, 11, 1),
        (52, 11, 1, 'ap_fixed', 128, 64, 0, 11, 4096),
        (52, 11, 4096, 'ap_ufixed', 128, -100, 23, 8, 1),
        (0, 11, -4096, 'ap_fixed', 1, 1, 7, 8, 1),
        (52, 1, 0, 'ap_fixed', 1, -3, 10, 5, 0),
        (0, 1, 4096, 'ap_fixed', 64, 4100, 52, 11, 1),
        (23, 8, 1, 'ap_ufixed', 1, 0, 52, 11, 1),
        (10, 5, 1, 'ap_fixed', 128, 128, 23, 8, 1),
        (7, 8, 1, 'ap_fixed', 65, -60, 7, 8, -300),
    ]
    some = []
    for _ in range(7):
        m, e, e0 = generator.randint(0, 52), generator.randint(1, 11), generator.choice([-1500, -60, 0, 3, 700])
        kind, width = generator.choice(['ap_fixed', 'ap_ufixed']), generator.randint(1, 128)
        other = (generator.randint(0, 52), generator.randint(1, 11), e0 + generator.randint(-70, 70))
        some.append((m, e, e0, kind, width, e0 + generator.randint(-40, 40) + width // 2, *other))
    return [*limits, *some]


WIDE = wide_formats()


def random_bits(m: int, e: int, seed: str, n: int = 120) -> NDArray:
    """Raw bits of all fields; extremes of exponent and mantissa."""
    generator = random.Random(seed)
    edges = [
        sign << (e + m) | field << m | mantissa
        for sign in (0, 1)
        for field in {0, 1, (1 << e) - 1}
        for mantissa in {0, 1 % (1 << m), (1 << m) - 1}
    ]
    return np.array(edges + [generator.getrandbits(1 + e + m) for _ in range(n)], np.uint64)


def near(values: list[Fraction], m: int, e: int, e0: int, generator: random.Random) -> list[Fraction]:
    """Numbers next to codes and midpoints of a format around the given values, and its largest and smallest."""
    emin, emax = reference.exponents(e, e0)
    result = []
    step = power_of_two(emin - m)
    ends = [power_of_two(emax + 1), step, step / 2, power_of_two(emin)]
    for value in values + ends:
        exponent = min(max(reference.floor_log2(abs(value)), emin), emax) if value else emin
        unit = power_of_two(exponent - m)
        centre = (round(value / unit) + generator.choice([0, HALF, -HALF])) * unit
        result += [centre, centre + unit * power_of_two(-20), centre - unit * power_of_two(-70)]
    return result


HALF = Fraction(1, 2)


def to_ieee(value: Fraction, negative: bool, m: int, e: int) -> int:
    """The bits of the nearest double or float, of infinity beyond the largest."""
    bits = exact_bits(abs(value), (m, e, 1))
    ones = ((1 << e) - 1) << m
    return int(negative) << (e + m) | (ones if bits >= ones else bits)


@every_standard
def test_wide_formats_in_every_standard(standard: str, wide: Standards, tally: Any) -> None:
    checks = wide[standard]
    for shape in checks.formats:
        m, e, e0, kind, width, integer, *other = shape
        own, fixed, second = (m, e, e0), (kind, width, integer), tuple(other)
        check_wide_from_numbers(checks, shape, own, fixed, tally)
        check_wide_to_numbers(checks, shape, own, fixed, second, tally)
    no_finding_in_ours(checks)
    tally.check()


def check_wide_from_numbers(checks: Checks, shape: Any, own: Any, fixed: Any, tally: Any) -> None:
    kind, width, integer = fixed
    generator = random.Random(repr(shape))
    python = MinifloatQ(*own)

    def converted(function: str, given: Any, numbers: list[Any]) -> None:
        expected = np.array([exact_bits(number, own) for number in numbers], np.uint64)
        got = checks(function, shape, given)
        same_words(tally, EXACT, f'{function}, {shape}', np.array(given, object), got, expected)
        if function != 'FROM_FIXED':
            return
        exact = np.array([python.from_bits(int(bits), exact=True).item() for bits in got[:, 0]], object)
        decoded = np.array([reference.minifloat_value(number, *own) for number in numbers], object)
        tally(PYTHON, f'decoded, {shape}', np.array(given, object), exact, decoded)

    bits = random_bits(*own[:2], repr(shape))
    values = [reference.minifloat_decoded(int(code), *own) for code in bits]
    doubles = [generator.uniform(-2, 2) * 2.0 ** generator.randint(-1070, 1022) for _ in range(100)]
    doubles += [float(value) for value in near(values, *own, generator) if abs(value) < power_of_two(1023)]
    doubles += [0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 1.7e308, np.inf, -np.inf]
    converted('FROM_DOUBLE', np.array(doubles), doubles)
    with np.errstate(over='ignore', under='ignore'):
        singles = np.array(doubles).astype(np.float32)
    converted('FROM_SINGLE', singles.view(np.uint32).astype(np.uint64), [float(x) for x in singles])
    nan = np.array([np.nan, -np.nan])
    same_words(tally, EXACT, f'NaN, {shape}', nan, checks('FROM_DOUBLE', shape, nan), np.zeros(2, np.int64))

    low, high = reference.code_range(width, kind == 'ap_fixed', 'WRAP')
    scale = power_of_two(width - integer)
    raws = {math.floor(value * scale) + step for value in near(values, *own, generator) for step in (0, 1)}
    raws |= {generator.randint(low, high) >> generator.randint(0, width) for _ in range(100)}
    raw = sorted(code for code in raws | {low, low + 1, 0, 1, -1, high - 1, high} if low <= code <= high)
    raw_array = np.array(raw, object)
    converted('FROM_FIXED', raw_array, [code / scale for code in raw])


def check_wide_to_numbers(checks: Checks, shape: Any, own: Any, fixed: Any, other: Any, tally: Any) -> None:
    m, e, _ = own
    kind, width, integer = fixed
    generator = random.Random(repr(shape))
    bits = random_bits(m, e, repr(shape))
    values = [reference.minifloat_decoded(int(code), *own) for code in bits]
    low, high = reference.code_range(width, kind == 'ap_fixed', 'WRAP')
    scale = power_of_two(width - integer)
    others = random_bits(*other[:2], repr(other))
    other_values = [reference.minifloat_decoded(int(code), *other) for code in others]
    encoded = [exact_bits(value, other) for value in near(values, *own, generator)]
    others = np.concatenate([others, np.array(encoded, np.uint64)])
    other_values = [reference.minifloat_decoded(int(code), *other) for code in others]
    negative = [int(code) >> sum(other[:2]) for code in others]
    expected = [
        exact_bits(abs(value), own) | sign << (e + m) for value, sign in zip(other_values, negative, strict=True)
    ]
    got = checks('FROM_OTHER', shape, others)
    same_words(tally, EXACT, f'format to format, {shape}', others, got, np.array(expected, np.uint64))

    for function, ieee in (('TO_DOUBLE', (52, 11)), ('TO_SINGLE', (23, 8))):
        expected = [to_ieee(value, bool(int(code) >> (e + m)), *ieee) for value, code in zip(values, bits, strict=True)]
        got = checks(function, shape, bits)
        same_words(tally, EXACT, f'{function}, {shape}', bits, got, np.array(expected, np.uint64))

    def compared(function: str, operands: NDArray, numbers: list[Any], *, swapped: bool = False) -> None:
        n = max(len(bits), len(operands))
        right = np.resize(np.array(numbers, object), n)
        left = np.resize(np.array(values, object), n)
        a, b = np.resize(bits, n), np.resize(operands, n)
        check_comparisons(checks, function, shape, a, b, *((right, left) if swapped else (left, right)), tally)

    shuffled = [generator.randrange(len(bits)) if generator.random() < 0.5 else j for j in range(len(bits))]
    compared('COMPARED', bits[shuffled], [values[j] for j in shuffled])
    compared('COMPARED_OTHER', others, other_values)
    equal = [min(max(math.floor(value * scale), low), high) for value in values]
    equal += [low, high, 0]
    compared('COMPARED_FIXED', np.array(equal, object), [code / scale for code in equal])
    as_doubles = np.array([*map(own_float, values), np.inf, -np.inf, np.nan, 5e-324])
    compared('COMPARED_DOUBLE', as_doubles, as_doubles.tolist())
    with np.errstate(over='ignore', under='ignore'):
        as_singles = as_doubles.astype(np.float32)
    operands = as_singles.view(np.uint32).astype(np.uint64)
    compared('SINGLE_COMPARED', operands, [float(x) for x in as_singles], swapped=True)


def own_float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


# Binary and ternary --------------------------------------------------------------------------------------------------


@every_standard
def test_binary_and_ternary_in_every_standard(standard: str, binary: Standards, tally: Any) -> None:
    checks = binary[standard]
    x = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 5e-324, -5e-324, 1e308, -1e308, np.inf, -np.inf, 1.5, 0.75, -0.51])
    with np.errstate(over='ignore', under='ignore'):
        singles = x.astype(np.float32)
    natural = np.arange(256)
    signed = natural - 256 * (natural >= 128)
    as_float = [reference.minifloat_decoded(int(code), 4, 3, 1) for code in natural]

    def same(function: str, a: NDArray, expected: NDArray, b: NDArray | None = None) -> None:
        same_words(tally, EXACT, function, a, checks(function, ONLY, a, b), expected)

    same('FROM_DOUBLE', x, np.array([reference.binary_value(v) == 1 for v in x]).astype(np.int64))
    same_words(tally, PYTHON, 'binary', x, checks('FROM_DOUBLE', ONLY, x), BinaryQ().to_bits(x).astype(np.int64))
    same('FROM_DOUBLE', np.array([np.nan]), np.array([0]))
    same('FROM_SINGLE', singles.view(np.uint32).astype(np.uint64), (singles > 0).astype(np.int64))
    for function, values in (
        ('FROM_FIXED', signed),
        ('FROM_UFIXED', natural),
        ('FROM_SMALL', signed),
        ('FROM_INT', signed),
        ('FROM_UINT', natural),
        ('FROM_CHAR', signed),
        ('FROM_FLOAT', np.array(as_float, object)),
    ):
        same(function, natural, np.array([value > 0 for value in values]).astype(np.int64))
    ternary = np.array([int(reference.ternary_value(v)) for v in x])
    same('TERNARY', x, ternary)
    same_words(tally, PYTHON, 'ternary', x, checks('TERNARY', ONLY, x), TernaryQ().encode(x).astype(np.int64))
    for bit in (0, 1):
        sign, b = 2 * bit - 1, np.full(256, bit)
        for function, values in (
            *(
                (name, signed)
                for name in ('TIMES_FIXED', 'FIXED_TIMES', 'TIMES_SMALL', 'TIMES_INT', 'INT_TIMES', 'TIMES_CHAR')
            ),
            *((name, natural) for name in ('TIMES_UFIXED', 'TIMES_UINT')),
        ):
            same(function, natural, sign * values, b)
        for function in ('TIMES_FLOAT', 'FLOAT_TIMES'):
            same(function, natural, natural ^ (128 if sign < 0 else 0), b)
        two = np.array([0, 1])
        same('TIMES_BINARY', two, (two == b[:2]).astype(np.int64), b[:2])
        same('NEGATED', two, 1 - b[:2], b[:2])
        assert checks('TO_INT', ONLY, two, b[:2])[0, 0].astype(np.int64) == sign
        same('TO_DOUBLE', two, np.full(2, float(sign)), b[:2])
        for function, values, swapped in (
            ('COMPARED', 2 * two - 1, False),
            ('COMPARED_FIXED', [Fraction(int(code), 32) for code in signed], False),
            ('COMPARED_INT', signed, False),
            ('INT_COMPARED', signed, True),
        ):
            a = natural[: len(values)]
            pairs = [(value, sign) if swapped else (sign, value) for value in values]
            expected = [sum(bool(holds(p, q)) << j for j, holds in enumerate(COMPARISONS)) for p, q in pairs]
            same(function, a, np.array(expected), b[: len(a)])
    no_finding_in_ours(checks)
    tally.check()


# Constructors, types and errors --------------------------------------------------------------------------------------


@pytest.fixture(scope='session')
def standalone(folder: Path) -> list[Path]:
    return programs('operators.cpp', ['c++11', 'c++17'], folder)


@pytest.mark.parametrize('standard', [0, 1], ids=['c++11', 'c++17'])
def test_constructors_operators_and_types(standard: int, standalone: list[Path]) -> None:
    done = subprocess.run(standalone[standard], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert re.fullmatch(r'[1-9]\d\d checks\n', done.stdout)


REFUSED = [
    ('ap_minifloat<53, 4> x', 'ap_minifloat<M, E, E0>: M, the bits of the mantissa, must be 0 to 52'),
    ('ap_minifloat<-1, 4> x', 'ap_minifloat<M, E, E0>: M, the bits of the mantissa, must be 0 to 52'),
    ('ap_minifloat<3, 0> x', 'ap_minifloat<M, E, E0>: E, the bits of the exponent, must be 1 to 11'),
    ('ap_minifloat<3, 12> x', 'ap_minifloat<M, E, E0>: E, the bits of the exponent, must be 1 to 11'),
    ('ap_minifloat<3, 4, 4097> x', "ap_minifloat<M, E, E0>: E0, the exponent's zero, must be -4096 to 4096"),
    ('ap_minifloat<3, 4, -4097> x', "ap_minifloat<M, E, E0>: E0, the exponent's zero, must be -4096 to 4096"),
    ('ap_minifloat<52, 11> x = 1.0; x.to_ap_fixed()', 'the exact result has more bits than AP_INT_MAX_W'),
    ('ap_minifloat<52, 11> x = 1.0; x * x', 'the exact result has more bits than AP_INT_MAX_W'),
    ('ap_minifloat<52, 11> x = 1.0; x + ap_fixed<8, 3>(1)', 'the exact result has more bits than AP_INT_MAX_W'),
    ('ap_minifloat<52, 11> x = 1.0; 1 - x', 'the exact result has more bits than AP_INT_MAX_W'),
    # a sum or product with a double has no exact type, and a double does not become one bit by itself
    ('ap_minifloat<3, 4> x = 1.0; x * 0.5', "no match for 'operator*'"),
    ('ap_minifloat<3, 4> x = 1.0; x + 0.5', "no match for 'operator+'"),
    ('ap_binary x = 1; x * 0.5', "no match for 'operator*'"),
    # a rounding that nobody asked for
    ('ap_minifloat<3, 4> x = 1.0; ap_fixed<8, 3> y = x', 'conversion from'),
    ('ap_minifloat<3, 4> x = 1.0; double y = x', 'cannot convert'),
]


def test_what_has_no_meaning_does_not_compile() -> None:
    fine = 'ap_minifloat<52, 11, 4096> x = 1.0; x = ap_fixed<40, 20>(x.to_double()); (void)(x == 0.5)'
    lines = [line for line, _ in REFUSED]
    found = errors([*lines, fine])
    assert not found.pop()
    for (line, message), said in zip(REFUSED, found, strict=True):
        assert any(message in error for error in said), (line, said)
