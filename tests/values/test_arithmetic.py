"""Values compute as the vendor's headers do, and as exact arithmetic says."""

from __future__ import annotations

import operator
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from math import trunc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import reference
from oracles.reference import power_of_two
from oracles.spec_strategies import fixed
from oracles.vendor import ROUNDINGS, compiled
from quantizers import FixedArray, FixedQ, result_type

SOURCE = Path(__file__).parents[1] / 'oracles' / 'values.cpp'
FLAGS = ('-std=c++17', '-O0', '-DNDEBUG', '-w')
SMALL = [
    FixedQ(*shape, signed) for shape in ((1, 1), (2, 2), (2, -1), (3, 1), (3, 5), (4, 4)) for signed in (True, False)
]
WIDE = [
    *(FixedQ(*shape) for shape in ((8, 3), (33, 3), (53, 20), (64, 10), (64, 64))),
    *(FixedQ(*shape, signed=False) for shape in ((16, 6), (40, 45), (63, 30))),
]
TARGETS = [
    FixedQ(width, integer, signed, rounding, overflow, bits)
    for width, integer, signed in ((3, 2, True), (3, 1, False), (2, 5, True), (5, 1, True))
    for rounding in ROUNDINGS
    for overflow, bits in reference.overflow_modes(width, signed)
]
SOURCES = [FixedQ(4, 1), FixedQ(3, 4, signed=False), FixedQ(6, 3)]
COMPARISONS = operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne


def every_code(spec: FixedQ) -> list[int]:
    low, high = reference.code_range(spec.width, spec.signed, spec.overflow)
    return list(range(low, high + 1))


def some_codes(spec: FixedQ, rng: np.random.Generator) -> list[int]:
    low, high = reference.code_range(spec.width, spec.signed, spec.overflow)
    drawn = (int(n) for n in rng.integers(-(2**63), 2**63 - 1, 12))
    anywhere = [
        low + (n + 2**63 >> int(s)) % (high - low + 1) for n, s in zip(drawn, rng.integers(0, 64, 12), strict=True)
    ]
    return sorted({low, high, 0, *anywhere, *(code for code in (1, -1) if low <= code <= high)})


def array(spec: FixedQ, codes: list[int]) -> FixedArray:
    return FixedArray(np.array(codes, object), spec)


def grid(a: FixedQ, b: FixedQ, codes: Callable[[FixedQ], list[int]]) -> tuple[FixedArray, FixedArray]:
    """All pairs of the codes, in a column and a row."""
    return array(a, codes(a)).reshape(-1, 1), array(b, codes(b)).reshape(1, -1)


def integers(array: FixedArray | np.ndarray) -> list[int]:
    """The codes in their order, as Python's ints."""
    codes = array.codes if isinstance(array, FixedArray) else array
    return [int(code) for code in codes.reshape(-1).tolist()]


def shape(spec: FixedQ) -> tuple[int, int, bool]:
    return spec.width, spec.integer, spec.signed


# The vendor -----------------------------------------------------------------------------------------------------------


class Vendor:
    """values.cpp with pairs, shifts and casts of types."""

    def __init__(self, folder: Path, pairs: list[Any], shifts: list[Any], casts: list[Any]) -> None:
        types = dict.fromkeys(spec for specs in (*pairs, *shifts, *casts) for spec in specs)
        names = {spec: f'T{j}' for j, spec in enumerate(types)}
        options = [f'-DTYPES={" ".join(f"TYPE({name}, {spec.cpp_type})" for spec, name in names.items())}']
        for what, calls in (('PAIR', pairs), ('SHIFT', shifts), ('CAST', casts)):
            listed = (f'{what}({j}, {", ".join(names[spec] for spec in specs)})' for j, specs in enumerate(calls))
            options.append(f'-D{what}S={" ".join(listed)}')
        self.path = compiled(SOURCE, [(*FLAGS, *options)], folder)[0]
        self.requests: list[list[int]] = []

    def ask(self, what: int, which: int, pairs: Iterator[tuple[int, int]]) -> None:
        self.requests += [[what, which, a, b] for a, b in pairs]

    def answers(self) -> Iterator[int]:
        # raw bits of 64 without a sign are the same ones with a sign
        requests = np.array([[n - 2**64 if n >= 2**63 else n for n in request] for request in self.requests], np.int64)
        done = subprocess.run([self.path], check=True, capture_output=True, input=requests.tobytes())
        return iter(np.frombuffer(done.stdout, np.uint64).tolist())


def number(words: Iterator[int]) -> int:
    bits = sum(next(words) << 64 * j for j in range(3))
    return bits - 2**192 if bits >> 191 else bits


def wraps(a: FixedQ, b: FixedQ, x: int, y: int) -> bool:
    """Whether the vendor's header divides in a bit less than its result has: the smallest code by -1."""
    dividend = a.width + max(b.f, 0)
    return a.signed and b.signed and y == -1 and x == -(2 ** (a.width - 1)) and dividend >= b.width


@pytest.mark.parametrize(('specs', 'codes'), [(SMALL, every_code), (WIDE, None)], ids=['small', 'wide'])
def test_operators_are_those_of_the_vendor(kept, specs: list[FixedQ], codes: Any) -> None:
    drawn = {spec: some_codes(spec, np.random.default_rng(j)) for j, spec in enumerate(specs)}
    codes = codes or drawn.__getitem__
    pairs = list(product(specs, specs))
    vendor = Vendor(kept('values'), pairs, [], [])
    for which, (a, b) in enumerate(pairs):
        vendor.ask(0, which, product(codes(a), codes(b)))
    words = vendor.answers()
    compared = wrapped = otherwise = 0
    for pair in pairs:
        a, b = grid(*pair, codes)
        exact = [integers(a + b), integers(a - b), integers(a * b)]
        comparisons = [compare(a, b).reshape(-1).tolist() for compare in COMPARISONS]
        divisors = b[b != 0]
        divided = [integers(a / divisors), integers(np.fmod(a, divisors))]
        quotients = zip(*divided, strict=True)
        for j, (x, y) in enumerate(product(codes(pair[0]), codes(pair[1]))):
            assert [ours[j] for ours in exact] == [number(words) for _ in exact], (*pair, x, y)
            # a number below 0 beside a wider one without a sign is, in ap_private, a large one
            alike = pair[0].signed == pair[1].signed or min(x, y) >= 0
            said = [[ours[j] for ours in comparisons] == [next(words) for _ in comparisons]]
            if y:
                quotient, left = next(quotients)
                theirs = number(words)
                if wraps(*pair, x, y):
                    assert theirs == -quotient
                    wrapped += 1
                else:
                    assert theirs == quotient, (*pair, x, y)
                said.append(number(words) == left)
            assert all(said) or not alike, (*pair, x, y)
            otherwise += said.count(False)
            compared += 11
    assert next(words, None) is None
    assert wrapped > 2
    assert otherwise < compared / 20
    print(f'{compared} results: as the vendor, but for {wrapped} quotients that wrap there, and {otherwise} signs')


def test_shifts_and_negation_are_those_of_the_vendor(kept) -> None:
    specs = [*SMALL, *WIDE]
    vendor = Vendor(kept('values'), [], [(spec,) for spec in specs], [])
    codes = {spec: every_code(spec) if spec in SMALL else some_codes(spec, np.random.default_rng(1)) for spec in specs}
    # a shift of 64 bits by more of them is none in C++
    shifts = {spec: sorted({*range(-5, 6), *(n for n in (-40, -31, 31, 40) if spec.width > abs(n))}) for spec in specs}
    for which, spec in enumerate(specs):
        vendor.ask(1, which, product(codes[spec], shifts[spec]))
    words = vendor.answers()
    for spec in specs:
        a, n = array(spec, codes[spec]).reshape(-1, 1), np.array(shifts[spec])
        left, right, negative = a << n, a >> n, np.broadcast_to(-a, (a.size, n.size))
        assert left.spec == right.spec == spec
        ours = zip(*map(integers, (left, right, negative)), strict=True)
        for what in product(codes[spec], shifts[spec]):
            assert next(ours) == (number(words), number(words), number(words)), (spec, what)
        for j, m in enumerate(shifts[spec]):  # one number for all
            assert integers(a << m) == integers(left[:, j])
            assert integers(a >> m) == integers(right[:, j])
    assert next(words, None) is None


def test_casts_are_those_of_the_vendor(kept) -> None:
    casts = list(product(SOURCES, TARGETS))
    vendor = Vendor(kept('values'), [], [], casts)
    for which, (source, _) in enumerate(casts):
        vendor.ask(2, which, product(every_code(source), [0]))
    words = vendor.answers()
    for source, target in casts:
        ours = integers(array(source, every_code(source)).cast(target))
        assert ours == [number(words) for _ in ours], (source, target)
    assert next(words, None) is None
    print(f'{sum(len(every_code(source)) for source, _ in casts)} casts: as the vendor')


# Exact arithmetic -----------------------------------------------------------------------------------------------------


def least_bits(value: Fraction, spec: FixedQ) -> bool:
    """Whether a format has the value."""
    code = value * power_of_two(spec.f)
    low, high = reference.code_range(spec.width, spec.signed, spec.overflow)
    return code.denominator == 1 and low <= code <= high


def cut(value: Fraction, spec: FixedQ) -> Fraction:
    return trunc(value * power_of_two(spec.f)) * power_of_two(-spec.f)


OPERATIONS: dict[str, tuple[Callable[[Any, Any], FixedArray], Callable[[Fraction, Fraction, FixedQ], Any]]] = {
    '+': (operator.add, lambda x, y, spec: x + y),
    '-': (operator.sub, lambda x, y, spec: x - y),
    '*': (operator.mul, lambda x, y, spec: x * y),
    '/': (operator.truediv, lambda x, y, spec: cut(x / y, spec)),
    '//': (operator.floordiv, lambda x, y, spec: x // y),
    '%': (operator.mod, lambda x, y, spec: x % y),
    'fmod': (np.fmod, lambda x, y, spec: x - y * trunc(x / y)),
    'maximum': (np.maximum, lambda x, y, spec: max(x, y)),
    'minimum': (np.minimum, lambda x, y, spec: min(x, y)),
}
DIVISIONS = ('/', '//', '%', 'fmod')


def check_pair(a: FixedArray, b: FixedArray) -> int:
    """Every operator, of a column and a row; how many results there were."""
    x, y = (part.fractions().reshape(-1).tolist() for part in (a, b))
    compared = 0
    for name, (ours, exact) in OPERATIONS.items():
        divisors = b[b != 0] if name in DIVISIONS else b
        others = [value for value in y if value or name not in DIVISIONS]
        result = ours(a, divisors)
        wanted = [exact(Fraction(p), Fraction(q), result.spec) for p, q in product(x, others)]
        assert result.fractions().reshape(-1).tolist() == wanted, (name, a.spec, b.spec)
        assert all(least_bits(Fraction(value), result.spec) for value in wanted), (name, a.spec, b.spec)
        assert not result.overflowed.any()
        assert not result.lost.any()
        compared += len(wanted)
    for compare in COMPARISONS:
        assert compare(a, b).reshape(-1).tolist() == [compare(p, q) for p, q in product(x, y)]
        compared += len(x) * len(y)
    return compared


def test_every_pair_of_small_formats() -> None:
    compared = sum(check_pair(*grid(a, b, every_code)) for a, b in product(SMALL, SMALL))
    print(f'{compared} results: as exact arithmetic')


def near(spec: FixedQ, most: int) -> FixedQ:
    """The format with few integer bits, so that results are formats."""
    return FixedQ(spec.width, spec.integer % (2 * most) - most, spec.signed)


@settings(deadline=None)
@given(fixed(100), fixed(100), st.integers(0, 2**32))
def test_pairs_of_wide_formats(a: FixedQ, b: FixedQ, seed: int) -> None:
    rng = np.random.default_rng(seed)
    check_pair(*grid(near(a, 60), near(b, 60), lambda spec: some_codes(spec, rng)))


@pytest.mark.parametrize('bits', [51, 52, 53, 62, 63, 64, 65])
def test_where_words_and_floats_end(bits: int) -> None:
    """Quotients beside integers, of operands that float64 has, or not."""
    for signed, b in product((True, False), (FixedQ(bits, bits), FixedQ(3, 3), FixedQ(bits, bits, False))):
        spec = FixedQ(bits, bits, signed)
        low, high = reference.code_range(bits, signed, 'WRAP')
        near_ends = [low, low + 1, high // 3 * 3 - 1, high // 3 * 3, high - 1, high]
        low, high = reference.code_range(b.width, b.signed, 'WRAP')
        divisors = [1, 2, 3, high // 2 + 1, high - 1, high, *([low, low + 1, -2, -1] if b.signed else [])]
        check_pair(array(spec, near_ends).reshape(-1, 1), array(b, divisors).reshape(1, -1))


@settings(deadline=None)
@given(fixed(70), st.integers(0, 2**32))
def test_one_operand(spec: FixedQ, seed: int) -> None:
    spec = near(spec, 100)
    a = array(spec, some_codes(spec, np.random.default_rng(seed)))
    exact = a.fractions().tolist()
    for result, wanted in ((-a, [-x for x in exact]), (abs(a), [abs(x) for x in exact]), (+a, exact)):
        assert result.fractions().tolist() == wanted
        assert all(least_bits(Fraction(x), result.spec) for x in wanted)
    for n in (-3, 0, 5):
        assert a.scaled(n).fractions().tolist() == [x * power_of_two(n) for x in exact]


@settings(deadline=None)
@given(fixed(70), st.integers(-80, 80), st.integers(0, 2**32))
def test_shifts_and_their_flags(spec: FixedQ, n: int, seed: int) -> None:
    codes = some_codes(near(spec, 100), np.random.default_rng(seed))
    a = array(near(spec, 100), codes)
    shifted = a << n
    assert integers(shifted) == integers(a >> -n) == integers(a << np.int8(n))
    for code, got, overflowed, lost in zip(codes, integers(shifted), shifted.overflowed, shifted.lost, strict=True):
        whole = code << n if n >= 0 else code >> -n
        wanted = reference.overflowed(whole, whole, spec.width, spec.signed, 'WRAP')
        assert (got, overflowed, lost) == (wanted, wanted != whole, n < 0 and whole << -n != code)


@settings(deadline=None)
@given(fixed(70, reference.ROUNDINGS), fixed(70, reference.ROUNDINGS), st.integers(-70, 70), st.integers(0, 2**32))
def test_casts_and_their_flags(source: FixedQ, target: FixedQ, down: int, seed: int) -> None:
    source = near(source, 30)
    integer = target.width - source.f + down
    target = FixedQ(target.width, integer, target.signed, *target.modes)
    check_cast(source, target, some_codes(source, np.random.default_rng(seed)))


def check_cast(source: FixedQ, target: FixedQ, codes: list[int]) -> None:
    cast = array(source, codes).cast(target)
    assert cast.spec == target
    numbers = [code * power_of_two(target.f - source.f) for code in codes]
    low, high = reference.code_range(target.width, target.signed, target.overflow)
    wanted = [reference.fixed_code(code * power_of_two(-source.f), *shape(target), *target.modes) for code in codes]
    rounded = [reference.rounded(number, target.rounding) for number in numbers]
    assert integers(cast) == wanted, (source, target)
    assert cast.overflowed.tolist() == [not low <= code <= high for code in rounded], (source, target)
    assert cast.lost.tolist() == [number.denominator > 1 for number in numbers], (source, target)


def test_every_cast_of_small_formats() -> None:
    targets = [
        FixedQ(width, integer, signed, rounding, overflow, bits)
        for width, integer, signed in ((1, 1, False), (2, 2, True), (3, 0, True), (3, 4, False))
        for rounding in reference.ROUNDINGS
        for overflow, bits in reference.overflow_modes(width, signed)
    ]
    for source, target in product((FixedQ(5, 2), FixedQ(4, 3, signed=False), FixedQ(2, 6), FixedQ(1, 1)), targets):
        check_cast(source, target, every_code(source))


def test_casts_that_are_far() -> None:
    for source, target in (
        (FixedQ(8, 4096), FixedQ(8, -4000, True, 'RND', 'SAT')),
        (FixedQ(8, -4096), FixedQ(8, 4000, False, 'CEIL', 'SAT')),
        (FixedQ(64, 64), FixedQ(3, 100, True, 'RND_CONV', 'SAT')),
        (FixedQ(64, 64, False), FixedQ(64, 127, False, 'TRN', 'WRAP', 3)),
        (FixedQ(63, 63, False), FixedQ(64, 126, True, 'AWAY', 'SAT')),
    ):
        check_cast(source, target, some_codes(source, np.random.default_rng(0)))


@settings(deadline=None)
@given(fixed(70, reference.ROUNDINGS), st.data())
def test_numbers_and_their_flags(spec: FixedQ, data: st.DataObject) -> None:
    """Floats, of all sizes and beside the ends; the same as Fractions."""
    steps = st.integers(-6, 6).map(lambda n: n / 4)
    low, high = reference.code_range(spec.width, spec.signed, spec.overflow)
    beside = st.builds(
        lambda end, n: float((end + Fraction(n)) * power_of_two(-spec.f)), st.sampled_from([low, high, 0]), steps
    )
    floats = st.floats(allow_nan=False, allow_infinity=False)
    x = data.draw(st.lists((beside if -900 < spec.f < 900 else floats) | floats, min_size=1, max_size=8))
    for numbers in (np.array(x), np.array(list(map(Fraction, x)), object)):
        a = FixedArray.of(numbers, spec)
        exact = [Fraction(number) * power_of_two(spec.f) for number in x]
        rounded = [reference.rounded(number, spec.rounding) for number in exact]
        assert integers(a) == [reference.fixed_code(number, *shape(spec), *spec.modes) for number in x]
        assert a.overflowed.tolist() == [not low <= code <= high for code in rounded]
        assert a.lost.tolist() == [number.denominator > 1 for number in exact]


# Sums -----------------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(fixed(80), st.integers(0, 5), st.integers(0, 4), st.integers(0, 2**32))
def test_sums(spec: FixedQ, rows: int, columns: int, seed: int) -> None:
    spec = near(spec, 100)
    codes = np.array((some_codes(spec, np.random.default_rng(seed)) * 20)[: rows * columns], object).reshape(
        rows, columns
    )
    a = FixedArray(codes, spec)
    for axis, terms in ((None, rows * columns), (0, rows), (-1, columns), ((0, 1), rows * columns)):
        total = a.sum(axis)
        assert total.spec == result_type.sum_of(spec, max(terms, 1))
        wanted = np.asarray(codes.sum(axis), object)
        assert (total.shape, integers(total)) == (wanted.shape, wanted.reshape(-1).tolist())
        assert a.sum(axis, keepdims=True).shape == np.zeros(codes.shape).sum(axis, keepdims=True).shape


@settings(deadline=None)
@given(fixed(40), fixed(40), st.integers(0, 2**32))
def test_matrix_products(a: FixedQ, b: FixedQ, seed: int) -> None:
    a, b, rng = near(a, 100), near(b, 100), np.random.default_rng(seed)
    for left, right in (
        ((2, 3), (3, 4)),
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 2, 3), (3, 2)),
        ((2, 0), (0, 2)),
    ):
        x, y = (
            FixedArray(np.resize(np.array(some_codes(spec, rng), object), shape), spec)
            for spec, shape in ((a, left), (b, right))
        )
        product_ = x @ y
        assert product_.spec == result_type.sum_of(a * b, max(left[-1], 1))
        wanted = np.asarray(np.matmul(x.codes.astype(object), y.codes.astype(object)), object)
        assert (product_.shape, integers(product_)) == (wanted.shape, wanted.reshape(-1).tolist())
        assert integers(np.matmul(x, y)) == integers(x.dot(y)) == integers(np.dot(x, y)) == integers(product_)


@pytest.mark.parametrize('width', [25, 26, 27, 31, 32])
def test_a_matrix_product_at_the_end_of_floats(width: int) -> None:
    """Sums of the largest products, which float64 has to 53 bits."""
    spec = FixedQ(width, width)
    low, high = reference.code_range(width, True, 'WRAP')
    x = np.array([[low] * 8, [high] * 8, [high, low] * 4, [high] + [1] * 7], object)
    assert integers(array(spec, []).reshape(0, 8) @ FixedArray(x.T, spec)) == []
    assert integers(FixedArray(x, spec) @ FixedArray(x.T, spec)) == (x @ x.T).reshape(-1).tolist()


# Another package ------------------------------------------------------------------------------------------------------


def test_values_are_those_of_apytypes() -> None:
    from apytypes import APyFixedArray, OverflowMode, QuantizationMode

    rng = np.random.default_rng(0)
    specs = FixedQ(8, 3), FixedQ(16, 6), FixedQ(24, 30), FixedQ(13, -2)
    for a, b in product(specs, specs):
        x, y = (FixedArray(rng.integers(*reference.code_range(s.width, True, 'WRAP'), (40, 40)), s) for s in (a, b))
        p, q = (APyFixedArray.from_float(v.values, int_bits=v.spec.integer, frac_bits=v.spec.f) for v in (x, y))
        pairs = [(x + y, p + q), (x - y, p - q), (x * y, p * q), (x @ y, p @ q), (-x, -p), (x.sum(0), p.sum(0))]
        for rounding, overflow in product(('TRN', 'RND', 'RND_CONV', 'TRN_ZERO'), ('WRAP', 'SAT')):
            modes = {'quantization': QuantizationMode[rounding], 'overflow': OverflowMode[overflow]}
            pairs.append((x.cast(FixedQ(7, 2, True, rounding, overflow)), p.cast(int_bits=2, frac_bits=5, **modes)))
        for ours, theirs in pairs:
            assert np.array_equal(np.asarray(ours, float), theirs.to_numpy()), (a, b)
