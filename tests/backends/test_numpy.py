"""The call of a spec on NumPy: dtypes, shapes, memory layouts, `out`, and what it refuses and warns of."""

from __future__ import annotations

import math
import os
import re
import warnings
from copy import copy
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from oracles.reference import (
    ROUNDINGS,
    binary_value,
    exact,
    fixed_code,
    fixed_value,
    minifloat_bits,
    minifloat_value,
    overflow_modes,
    power_of_two,
)
from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    PrecisionWarning,
    TernaryQ,
    float_quantize_np,
    get_fixed_quantizer_np,
)
from quantizers.backends.program import scalar

if TYPE_CHECKING:
    from fractions import Fraction

    from quantizers import Spec

FLOATS = [np.float64, np.float32, np.float16, ml_dtypes.bfloat16]
PRECISION = {'float64': 53, 'float32': 24, 'float16': 11, 'bfloat16': 8}
SMALLEST = {'float64': -1074, 'float32': -149, 'float16': -24, 'bfloat16': -133}
SPECS: tuple[Spec, ...] = (
    FixedQ(8, 3),
    FixedQ(8, 3, True, 'RND', 'SAT'),
    FixedQ(8, 3, True, 'RND_CONV', 'SAT_ZERO'),
    FixedQ(8, 3, True, 'TRN', 'WRAP_SM'),
    FixedQ(7, 9, False, 'TRN_ZERO', 'WRAP', 2),
    FixedQ(6, 10, True, 'RND_MIN_INF', 'SAT_SYM'),
    FixedQ(6, 9, True, 'TRN', 'WRAP_SM', 1),
    MinifloatQ(3, 2, 1),
    BinaryQ(),
    TernaryQ(),
)
SMALL = [0.0, -0.0, 0.03, -0.03, 0.5, -0.5, 1.25, -3.99, 4.0, -4.1, 7.7, -8.5, 100.5, -300.0]
EXTREME = [
    5e-324,
    1e-45,
    -1e-45,
    6e-8,
    -6e-8,
    1e-30,
    -1e-30,
    65504.0,
    3e38,
    -3e38,
    1e300,
    math.inf,
    -math.inf,
    math.nan,
]
BLOCK = 16 * 1024


def cast(values: Any, dtype: Any) -> np.ndarray:
    with np.errstate(all='ignore'):
        return np.asarray(values, np.float64).astype(dtype)


def oracle(spec: Spec, x: Any) -> Fraction | None:
    """The exact value of one number in the format, None for NaN."""
    if isinstance(spec, MinifloatQ):
        return minifloat_value(x, spec.mantissa_bits, spec.exponent_bits, spec.exponent_zero)
    if isinstance(spec, BinaryQ):
        return binary_value(x)
    modes = spec.rounding, spec.overflow, spec.saturation_bits
    return fixed_value(x, spec.width, spec.integer, spec.signed, *modes)


def check(spec: Spec, x: np.ndarray, got: np.ndarray) -> None:
    numbers = x.astype(np.float64) if x.dtype.kind not in 'iu' else x
    expected = [oracle(spec, n) for n in numbers.reshape(-1).tolist()]
    plain = np.array([math.nan if v is None else float(v) for v in expected]).reshape(x.shape)
    np.testing.assert_array_equal(got.astype(np.float64), plain)


# Dtypes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_floating_dtypes(spec: Spec, dtype: Any) -> None:
    x = cast(SMALL + EXTREME, dtype)
    got = spec(x)
    assert got.dtype == dtype
    check(spec, x, got)


@pytest.mark.parametrize('dtype', ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'bool'])
@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_integers_and_bools_come_back_in_float64(spec: Spec, dtype: str) -> None:
    low, high = (0, 1) if dtype == 'bool' else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    numbers = {low, low + 1, low // 2, 0, 1, 3, 5, 100, high // 3, high - 1, high}
    x = np.array(sorted(n for n in numbers if low <= n <= high), dtype)
    got = spec(x)
    assert got.dtype == np.float64
    check(spec, x, got)


@pytest.mark.parametrize(
    'spec',
    [
        FixedQ(8, 8),
        FixedQ(8, 8, False),
        FixedQ(8, 62, True, 'RND_CONV', 'SAT'),
        FixedQ(30, 60, True, 'RND_INF', 'WRAP_SM'),
        FixedQ(20, 12, True, 'TRN', 'WRAP', 3),
        FixedQ(50, 70, False, 'RND', 'SAT_ZERO'),
        MinifloatQ(5, 8),
        MinifloatQ(1, 2, 80),
        BinaryQ(),
    ],
    ids=repr,
)
def test_integers_beyond_two_to_53_are_exact(spec: Spec) -> None:
    for dtype in ('int64', 'uint64'):
        info = np.iinfo(dtype)
        edges = [2**53, 2**53 + 1, 2**54 + 1, 2**60 + 2**52 + 1, 3 * 2**61 + 1, 2**63 - 1, 2**64 - 1, 2**63 + 2**10]
        numbers = [n for e in edges for n in (e, -e, e - 2, 1 - e) if info.min <= n <= info.max]
        x = np.array(numbers, dtype)
        check(spec, x, spec(x))
        check(spec, x[::-2], spec(x[::-2]))
        big = np.full(BLOCK + 3, numbers[1], dtype)
        check(spec, big[:1], spec(big)[-1:])


def test_a_zero_from_a_large_negative_integer_keeps_its_sign() -> None:
    spec = MinifloatQ(1, 2, 80)  # the step is 2^78
    for number in (-(2**53), -(2**60), -3):
        x = np.array([number], np.int64)
        assert np.signbit(spec(x)).all()
        assert spec.encode(x).tolist() == [minifloat_bits(number, 1, 2, 80)] == [8]


@pytest.mark.usefixtures('unwarned')
def test_integers_where_float64_cannot_hold_the_result() -> None:
    """Within one ulp, and inside the range of the format."""
    spec = FixedQ(64, 64)
    x = np.array([2**63 - 1, -(2**63), 2**53 + 1, -(2**53) - 1, 5])
    with pytest.warns(PrecisionWarning):
        got = spec(x)
    assert [int(v) for v in got] == [2**63 - 1024, -(2**63), 2**53, -(2**53), 5]
    wide = FixedQ(1100, 1100, False)
    with pytest.warns(PrecisionWarning):
        got = wide(np.array([-(2**60), 5]))  # wraps to 2^1100 - 2^60
    assert got.tolist() == [np.finfo(np.float64).max, 5.0]


@pytest.mark.parametrize(
    'scalar', [1.3, 3, True, np.float32(1.3), np.float16(1.3), np.int8(3), ml_dtypes.bfloat16(1.3)]
)
def test_scalars(scalar: Any) -> None:
    got = FixedQ(8, 3, True, 'RND', 'SAT')(scalar)
    assert isinstance(got, np.ndarray)
    assert got.shape == ()
    expected = scalar.dtype if isinstance(scalar, (np.floating, ml_dtypes.bfloat16)) else np.float64
    assert got.dtype == expected
    check(FixedQ(8, 3, True, 'RND', 'SAT'), np.asarray(scalar), got)


def test_lists_and_tuples() -> None:
    for x in ([1.3, -2.7], (1.3, -2.7), [[1], [2]], [True, 2.5], [np.float32(1.3)], []):
        got = FixedQ(8, 3)(x)
        assert got.shape == np.shape(x)
        check(FixedQ(8, 3), np.asarray(x), got)
    assert FixedQ(8, 3)([]).dtype == np.float64


@pytest.mark.parametrize('spec', [FixedQ(8, 3, True, 'RND', 'SAT'), MinifloatQ(3, 4), BinaryQ()])
def test_lists_that_a_spec_has_met_give_what_they_gave(spec: Spec) -> None:
    met = copy(spec)
    for _ in range(3):
        met([0.1, 0.2])
    compiled = os.environ.get('QUANTIZERS_NUMPY') == 'compiled'
    assert (list in met.__dict__['_numpy_kernels'].of_numbers) is not compiled
    for x in (
        [0.3, -0.0, math.nan, math.inf],
        (-math.inf, 2.5),
        [1, 2.5],
        [True],
        [],
        [[0.3]],
        [0.3] * 99,
        [np.float32(0.3)],
    ):
        got, first = met(x), copy(spec)(x)
        assert (got.dtype, got.shape) == (first.dtype, first.shape)
        np.testing.assert_array_equal(got, first)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(first))
    np.testing.assert_array_equal(met([2**60, 0.5]), copy(spec)([2**60, 0.5]))


@pytest.mark.parametrize(
    'x',
    [
        np.array(['1.5']),
        'text',
        b'text',
        np.array(['2020-01-01'], 'M8[D]'),
        np.array([3], 'm8[s]'),
        np.zeros(2, [('a', float)]),
    ],
    ids=lambda x: str(np.asarray(x).dtype),
)
@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_other_dtypes_are_refused_by_name(spec: Spec, x: Any) -> None:
    name = re.escape(str(np.asarray(x).dtype))
    for call in (spec, spec.encode):
        with pytest.raises(TypeError, match=f"^'x' must be .*{name}$"):
            call(x)


NUMBERS = [*SMALL, *EXTREME, 2.0**52 + 1, -(2.0**53), 1e17, 0.49999999999999994, *np.linspace(-9, 9, 37).tolist()]
FORMATS: tuple[Spec, ...] = (
    *(
        FixedQ(width, 3, True, rounding, overflow, n)
        for width in (8,)
        for rounding in ROUNDINGS
        for overflow, n in overflow_modes(width, signed=True)
    ),
    *(FixedQ(7, 9, False, 'RND_ZERO', *mode) for mode in overflow_modes(7, signed=False)),
    FixedQ(8, 1020, True, 'RND', 'WRAP'),
    FixedQ(8, -1060, True, 'RND_CONV', 'SAT'),
    FixedQ(60, 4, True, 'RND', 'WRAP'),
    MinifloatQ(0, 1),
    MinifloatQ(3, 4),
    MinifloatQ(52, 11),
    MinifloatQ(2, 3, -1070),
    MinifloatQ(2, 3, -4000),
    BinaryQ(),
    TernaryQ(),
)


@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
@pytest.mark.parametrize('spec', FORMATS, ids=repr)
def test_a_number_at_a_time_gives_the_bits_of_an_array(spec: Spec) -> None:
    """Numbers, lists and small arrays have a kernel in Python's floats from the third call on."""
    narrow = ('float32', 'float16') if spec.eps < 2**15 else ()  # else no step of theirs is so large
    for dtype in ('float64', 'int64', *narrow):
        x = (
            cast(NUMBERS, dtype)
            if dtype != 'int64'
            else np.array([-(2**60) - 1, -5, -1, 0, 1, 3, 100, 2**53, 2**62 + 1])
        )
        right = spec(np.tile(x, 3))[: x.size]
        spec(x[0]), spec(x[:1]), spec(x[0]), spec(x[:1])
        for n, number in enumerate(x):
            for one in (spec(number), spec(x[n : n + 1]), spec(x[n : n + 1].reshape(())), spec(x[n : n + 1, None])):
                assert (type(one), one.dtype) == (np.ndarray, right.dtype)
                assert one.flags.writeable
                assert equal_bits(one.reshape(()), right[n]), (number, one, right[n])
    spec(NUMBERS[0]), spec(NUMBERS[:2])
    right = spec(np.array(NUMBERS * 2))[: len(NUMBERS)]
    for n, number in enumerate(NUMBERS):
        assert spec(number).shape == ()
        assert equal_bits(spec(number), right[n])
        assert equal_bits(spec(NUMBERS[n : n + 3]), right[n : n + 3])
        assert equal_bits(spec((number, number)), right[[n, n]])


def equal_bits(a: Any, b: Any) -> bool:
    """Whether arrays are equal, NaN too, and zeros of one sign."""
    alike = np.signbit(a) == np.signbit(b)
    return bool(np.array_equal(a, b, equal_nan=True) and np.all(alike | np.isnan(a)))


@pytest.mark.parametrize(
    'spec', [FixedQ(8, 3, True, 'RND', 'SAT'), FixedQ(8, 3), MinifloatQ(3, 4), BinaryQ()], ids=repr
)
def test_types_of_one_number_stay(spec: Spec) -> None:
    for _ in range(4):
        for x in (0.1, 3, True, np.float64(0.1), np.int8(3), [0.1, 3], (1, 2), [[1], [2]], np.array(0.1)):
            got = spec(x)
            assert (type(got), got.dtype, got.shape) == (np.ndarray, np.float64, np.shape(x))
        for dtype in FLOATS:
            assert spec(np.array(0.1, dtype)[()]).dtype == dtype
        assert spec([]).shape == (0,)
        assert spec(range(3)).tolist() == spec([0, 1, 2]).tolist()
        minus = spec(-0.0)
        assert isinstance(spec, FixedQ) or np.signbit(minus)
        for large in (2**60, -(2**53) - 1):
            assert spec(large).tolist() == spec(np.array([large] * 9))[0]
        with pytest.raises(TypeError):
            spec('1')
        out = np.empty(())
        assert spec(0.1, out=out) is out


def test_fits_is_asked_once_for_each_spec_and_dtype(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    fits = FixedQ.fits
    monkeypatch.setattr(FixedQ, 'fits', lambda self, dtype: asked.append(dtype) or fits(self, dtype))
    spec = FixedQ(9, 3)
    for _ in range(4):
        for x in (0.1, 3, [0.1], [1, 2], np.float64(1), np.array(0.1), np.ones(20), np.ones(40_000), np.float16(1)):
            spec(x)
    assert sorted(asked) == ['float16', 'float64']


def test_formats_of_the_same_modes_share_what_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    monkeypatch.setattr(scalar, 'compile', lambda *what: compiled.append(what) or compile(*what), raising=False)
    for width in range(60, 70):
        spec = FixedQ(width, 33, True, 'RND_MIN_INF', 'WRAP_SM', 7)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', PrecisionWarning)
            for _ in range(5):
                spec(0.3)
    assert len(compiled) <= 1


# Shapes and layouts ---------------------------------------------------------------------------------------------------


def layouts(dtype: Any) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    a = cast(rng.normal(size=(6, 5, 4)) * 8, dtype)
    transposed = np.transpose(a, (2, 0, 1))
    frozen = a.copy()
    frozen.flags.writeable = False
    return {
        'C': a,
        'F': np.asfortranarray(a),
        'transposed': transposed,
        'strided': a[::2, 1::2, ::3],
        'negative': a[::-1, :, ::-1],
        'reversed': a.reshape(-1)[::-1],
        'broadcast': np.broadcast_to(a[0, 0], (3, 4)),
        'readonly': frozen,
        'one': a[:1, :1, :1],
        '0-d': a[1, 2, 3:4].reshape(()),
        'diagonal': np.diagonal(a),
        'empty': a[:0],
        'empty inside': a[:, :0],
        'empty 1-d': a.reshape(-1)[:0],
        'empty reversed': a[:, ::-1, :0],
        'unaligned': np.frombuffer(b'\0' + a.tobytes(), a.dtype, offset=1),
    }


@pytest.mark.parametrize('layout', layouts(np.float64))
@pytest.mark.parametrize('dtype', FLOATS)
def test_layouts(layout: str, dtype: Any) -> None:
    x = layouts(dtype)[layout]
    before = x.copy()
    for spec in SPECS:
        got = spec(x)
        assert got.shape == x.shape
        assert got.dtype == x.dtype
        assert got.flags.writeable
        assert not np.shares_memory(got, x)
        check(spec, x, got)
        np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize('spec', SPECS, ids=repr)
@pytest.mark.parametrize('code', ['>f8', '>f4', '>f2', '<f4', '>i2', '>i8', '>u4'])
@pytest.mark.parametrize('size', [7, BLOCK + 5])
def test_byte_orders(spec: Spec, code: str, size: int) -> None:
    numbers = np.resize([3.0, -7.0, 100.0, 0.0, 5.0, -1.0, 31.0], size)
    x = (np.abs(numbers) if 'u' in code else numbers).astype(code)
    got = spec(x)
    assert got.dtype.name == (x.dtype.name if 'f' in code else 'float64')
    check(spec, x[-7:], got[-7:])
    native = x.astype(x.dtype.newbyteorder('='))
    np.testing.assert_array_equal(got, spec(native))
    np.testing.assert_array_equal(spec.encode(x), spec.encode(native))


@pytest.mark.parametrize('spec', SPECS, ids=repr)
@pytest.mark.parametrize('dtype', [np.float32, np.float64, np.int64])
def test_masked_arrays_keep_their_mask(spec: Spec, dtype: Any) -> None:
    x = np.ma.MaskedArray(np.array([[1, -2, 3], [70, 5, -6]], dtype), mask=[[0, 1, 0], [1, 0, 0]])
    got = spec(x)
    assert isinstance(got, np.ma.MaskedArray)
    np.testing.assert_array_equal(got.mask, x.mask)
    np.testing.assert_array_equal(got.compressed(), spec(x.compressed()))
    got.mask = True  # a copy of the mask
    assert x.mask.sum() == 2
    unmasked = spec(np.ma.MaskedArray(np.array([1, 2], dtype)))
    assert isinstance(unmasked, np.ma.MaskedArray)
    assert not np.ma.getmaskarray(unmasked).any()


@pytest.mark.filterwarnings('ignore:the matrix subclass:PendingDeprecationWarning')
@pytest.mark.parametrize(
    'of', [np.matrix, lambda x: x.view(np.recarray), lambda x: x.view(type('Own', (np.ndarray,), {}))]
)
def test_every_other_subclass_becomes_a_plain_array(of: Any) -> None:
    numbers = np.array([[1.3, -2.7], [100.0, 0.0]])
    x = of(numbers)
    for spec in SPECS:
        for result in (spec(x), spec.encode(x)):
            assert type(result) is np.ndarray
            assert result.shape == (2, 2)
        np.testing.assert_array_equal(spec(x), spec(numbers))
    out = of(np.empty((2, 2)))
    assert FixedQ(8, 3)(x, out=out) is out


def test_other_subclasses_become_plain_arrays(tmp_path: Any) -> None:
    x = np.memmap(tmp_path / 'x', np.float32, 'w+', shape=(3,))
    x[:] = [1.3, -2.7, 100.0]
    got = FixedQ(8, 3)(x)
    assert got.dtype == np.float32
    check(FixedQ(8, 3), np.asarray(x), got)


# Blocks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('size', [1, 511, 512, 513, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 17])
@pytest.mark.parametrize('dtype', [np.float32, np.float64, np.float16])
def test_any_size_gives_the_same_bits_as_element_by_element(size: int, dtype: Any) -> None:
    pool = cast([*SMALL, *EXTREME, *np.random.default_rng(2).normal(size=33) * 9], dtype)
    x = np.resize(pool, size)
    for spec in SPECS:
        expected = np.resize(np.array([spec(v) for v in pool], dtype), size)
        for source in (x, x[::-1][::-1], np.stack([x, x], axis=1)[:, 0]):
            got = spec(source)
            np.testing.assert_array_equal(got, expected)
            np.testing.assert_array_equal(np.signbit(got)[got != 0], np.signbit(expected)[got != 0])


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_a_block_without_overflow_beside_one_with_it(spec: Spec) -> None:
    x = np.full(3 * BLOCK, 0.3)
    x[BLOCK : 2 * BLOCK] = 100.5
    x[-1] = np.nan
    got = spec(x)
    for at in (0, BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK, 3 * BLOCK - 2, 3 * BLOCK - 1):
        check(spec, x[at : at + 1], got[at : at + 1])
    np.testing.assert_array_equal(got[:BLOCK], got[0])
    np.testing.assert_array_equal(got[BLOCK : 2 * BLOCK], got[BLOCK])


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int16, np.int64, np.uint64]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    st.sampled_from(SPECS),
)
@settings(max_examples=200)
def test_any_array(x: np.ndarray, spec: Spec) -> None:
    before = x.copy()
    got = spec(x)
    assert got.shape == x.shape
    check(spec, x, got)
    np.testing.assert_array_equal(x, before)


@given(
    st.sampled_from(SPECS), st.integers(BLOCK - 3, 3 * BLOCK + 3), st.integers(0, 2**32 - 1), st.sampled_from('CFSR')
)
@settings(max_examples=15, deadline=None)
def test_any_large_array(spec: Spec, size: int, seed: int, layout: str) -> None:
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(size + 3) // 4 * 4) * 2.0 ** rng.integers(-3, 6)).reshape(-1, 4)
    x = {'C': x, 'F': np.asfortranarray(x), 'S': x[:, ::2], 'R': x[::-1]}[layout]
    got = spec(x)
    for row in rng.integers(0, len(x), size=8):
        np.testing.assert_array_equal(got[row], [spec(v) for v in x[row]])


# out ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('spec', SPECS, ids=repr)
@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('size', [5, BLOCK * 2 + 3])
def test_out(spec: Spec, dtype: Any, size: int) -> None:
    x = np.resize(cast(SMALL, dtype), size)
    before, expected = x.copy(), spec(x)
    out = np.empty_like(x)
    assert spec(x, out=out) is out
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(x, before)
    assert spec(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize('spec', SPECS, ids=repr)
@pytest.mark.parametrize(
    'views',
    [
        lambda a: (a[:-1], a[1:]),
        lambda a: (a[1:], a[:-1]),
        lambda a: (a, a[::-1]),
        lambda a: (a[::-1], a[::-1]),
        lambda a: (a[: a.size // 2], a[a.size // 2 : a.size // 2 * 2]),
        lambda a: (a[: a.size // 2], a[: a.size // 2 * 2 : 2]),
        lambda a: (a[:36].reshape(6, 6), a[:36].reshape(6, 6).T),
    ],
)
@pytest.mark.parametrize('size', [40, 2 * BLOCK + 3])
def test_out_that_overlaps(spec: Spec, views: Any, size: int) -> None:
    base = np.resize(np.array(SMALL), size)
    x, out = views(base)
    expected = spec(x.copy())
    assert spec(x, out=out) is out
    np.testing.assert_array_equal(out, expected)


def test_out_of_any_layout() -> None:
    x = np.array(SMALL[:12]).reshape(3, 4)
    spec = FixedQ(8, 3)
    for out in (np.empty((3, 4), order='F'), np.empty((6, 4))[::2], np.empty((4, 3)).T[::-1], np.empty((3, 4), '>f8')):
        assert spec(x, out=out) is out
        np.testing.assert_array_equal(out, spec(x))
    scalar = np.empty(())
    assert spec(1.3, out=scalar) is scalar
    assert scalar == 1.28125
    for dtype in ('int64', 'uint64', 'bool'):
        whole = np.array([1, 0, 1], dtype)
        assert spec(whole, out=np.empty(3)).tolist() == [1, 0, 1]
    empty = np.empty((0, 3))
    assert spec(np.empty((0, 3)), out=empty) is empty
    large = np.array([2**53 + 1, 5])
    np.testing.assert_array_equal(spec(large, out=large.view(np.float64)), [1, -3])


def test_out_with_masked_arrays() -> None:
    x = np.ma.MaskedArray([1.3, -2.7], mask=[True, False])
    out = np.empty(2)
    assert FixedQ(8, 3)(x, out=out) is out
    assert out[1] == -2.71875
    assert FixedQ(8, 3)(x, out=x) is x
    assert x.mask.tolist() == [True, False]
    assert x[1] == -2.71875


def frozen(size: int) -> np.ndarray:
    out = np.empty(size)
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    ('out', 'error', 'message'),
    [
        ([0.0] * 3, TypeError, 'list'),
        (np.float64(3), TypeError, 'float64'),
        (np.empty(4), ValueError, '(4,)'),
        (np.empty((3, 1)), ValueError, '(3, 1)'),
        (np.empty((1, 3)), ValueError, '(1, 3)'),
        (np.empty(()), ValueError, '()'),
        (np.empty(3, np.float32), ValueError, 'float32'),
        (np.empty(3, np.int64), ValueError, 'int64'),
        (np.empty(3, object), ValueError, 'object'),
        (frozen(3), ValueError, 'read-only'),
    ],
)
def test_a_wrong_out(out: Any, error: type[Exception], message: str) -> None:
    for spec in SPECS:
        with pytest.raises(error, match=f"^'out' must .*{re.escape(message)}"):
            spec(np.ones(3), out=out)


# NaN, Inf, -0, wide formats -------------------------------------------------------------------------------------------


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('size', [1, 600])
def test_nan_and_inf(dtype: Any, size: int) -> None:
    x = cast([[math.nan], [math.inf], [-math.inf]], dtype).repeat(size, axis=1)
    expected = {
        FixedQ(8, 3): [math.nan] * 3,
        FixedQ(8, 3, True, 'TRN', 'WRAP_SM'): [math.nan] * 3,
        FixedQ(8, 3, True, 'RND', 'WRAP', 2): [math.nan] * 3,
        FixedQ(8, 3, True, 'RND', 'WRAP_SM', 3): [math.nan] * 3,
        FixedQ(8, 3, False): [math.nan] * 3,
        FixedQ(8, 3, overflow='SAT'): [math.nan, 3.96875, -4],
        FixedQ(8, 3, overflow='SAT_SYM'): [math.nan, 3.96875, -3.96875],
        FixedQ(8, 3, False, overflow='SAT'): [math.nan, 7.96875, 0],
        FixedQ(8, 3, overflow='SAT_ZERO'): [math.nan, 0, 0],
        MinifloatQ(1, 2, 1): [math.nan, 6, -6],
        BinaryQ(): [math.nan, 1, -1],
        TernaryQ(): [math.nan, 1, -1],
    }
    for spec, values in expected.items():
        np.testing.assert_array_equal(spec(x).astype(np.float64), np.repeat(np.array(values)[:, None], size, axis=1))


@pytest.mark.parametrize('dtype', FLOATS)
def test_a_minifloat_zero_keeps_its_sign(dtype: Any) -> None:
    x = cast([0.0, -0.0, 1e-7, -1e-7, 0.2, -0.2], dtype)
    got = MinifloatQ(1, 2, 1)(x)
    assert (got == 0).all()
    np.testing.assert_array_equal(np.signbit(got), [False, True] * 3)


@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
@pytest.mark.parametrize('size', [1, 4096])
def test_a_minifloat_that_the_dtype_cannot_hold_gives_a_zero_of_the_sign(size: int) -> None:
    x = np.repeat(np.array([1, -1, 0.0, -0.0, math.inf, -math.inf], np.float32), size)
    for got in (MinifloatQ(6, 8, -308)(x), float_quantize_np(x, np.array([6, 7])[:, None], 8, -308)):
        assert (got == 0).all()
        np.testing.assert_array_equal(np.signbit(got), np.broadcast_to(np.signbit(x), got.shape))


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_tiny_inputs_are_not_lost_where_the_step_is_large(dtype: Any, rounding: str) -> None:
    tiny = np.finfo(dtype).smallest_subnormal if dtype != ml_dtypes.bfloat16 else 2.0**-133
    x = cast([-tiny, tiny, -6.1e-5, 6.1e-5], dtype)
    for integer in (8, 10, 12):
        for overflow in ('WRAP', 'SAT', 'SAT_ZERO', 'WRAP_SM'):
            spec = FixedQ(8, integer, True, rounding, overflow)
            check(spec, x, spec(x))


@pytest.mark.parametrize(
    'spec',
    [
        FixedQ(11, 17, True, 'TRN', 'SAT'),
        FixedQ(11, 17, True, 'RND', 'SAT'),
        FixedQ(11, 17, True, 'TRN', 'WRAP'),
        FixedQ(11, 17, True, 'RND_INF', 'WRAP_SM'),
        FixedQ(40, 20, True, 'RND', 'SAT'),
        FixedQ(40, 10, True, 'RND', 'WRAP'),
        FixedQ(40, 3, True, 'TRN', 'SAT'),
        FixedQ(16, 16, False, 'RND', 'SAT'),
        FixedQ(8, 129, True, 'TRN', 'SAT'),
        FixedQ(8, 129, True, 'TRN', 'WRAP'),
        FixedQ(8, 129, True, 'RND', 'SAT_ZERO'),
        FixedQ(70, 1, True, 'RND_CONV', 'WRAP'),
        FixedQ(70, 40, False, 'RND_CONV', 'SAT'),
        FixedQ(8, 1025, True, 'TRN', 'SAT'),
        FixedQ(4096, 2048, True, 'RND', 'SAT'),
        MinifloatQ(30, 8),
        MinifloatQ(4, 11, 2000),
        MinifloatQ(12, 5),
    ],
    ids=repr,
)
@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
def test_a_wide_format_gives_a_value_of_the_format_within_one_ulp(spec: Spec, dtype: Any) -> None:
    name = np.dtype(dtype).name
    largest = float(np.finfo(dtype).max) if dtype != ml_dtypes.bfloat16 else float(ml_dtypes.finfo(dtype).max)
    if spec.eps > largest:
        with pytest.raises(ValueError, match=f"^'dtype' must hold the step .*: {name}$"):
            spec(np.ones(1, dtype))
        return
    numbers = [*SMALL, 6e-8, -6e-8, 1e-30, largest, -largest, largest * 0.99, largest / 3, 65503.0, 0.99999, -1.99999]
    x = cast([n for n in numbers if abs(n) <= largest], dtype)
    got = spec(x)
    assert got.dtype == dtype
    p = PRECISION[name]
    for given_, result in zip(x.astype(np.float64).tolist(), got.astype(np.float64).tolist(), strict=True):
        right = oracle(spec, given_)
        assert right is not None
        assert math.isfinite(result), f'{result} for {given_}'
        assert spec.min <= exact(result) <= spec.max, f'{result} for {given_}'
        if isinstance(spec, FixedQ):
            assert (exact(result) / spec.eps).denominator == 1, f'{result} for {given_} is not on the grid'
        if abs(right) <= exact(largest):
            exponent = max(math.frexp(float(right))[1] - p, SMALLEST[name])
            assert abs(exact(result) - right) <= power_of_two(exponent), f'{result} for {given_}'
        else:
            # the exact result is beyond the dtype: the largest number that both the format and the dtype have
            grid = power_of_two(1024 - spec.mantissa_bits) if isinstance(spec, MinifloatQ) else spec.eps
            assert abs(exact(result)) >= exact(largest) - max(grid, power_of_two(math.frexp(largest)[1] - p))


@pytest.mark.parametrize('dtype', [np.float64, np.float32])
@pytest.mark.parametrize('rounding', ROUNDINGS)
@pytest.mark.parametrize(('overflow', 'bits'), overflow_modes(8, True))
def test_rounding_past_the_largest_number_of_the_dtype(dtype: Any, rounding: str, overflow: str, bits: int) -> None:
    """A rounded value of 2^128 is no float32, but what it wraps to is one."""
    largest = np.finfo(dtype).max
    top = math.frexp(largest)[1]
    x = np.array(
        [largest, -largest, largest * 0.99, largest * -0.75, 2.0 ** (top - 2), -(2.0 ** (top - 1)), 1.0], dtype
    )
    for integer in (top - 6, top - 1, top):
        for signed in (True, False):
            if signed or overflow != 'WRAP_SM':
                spec = FixedQ(8, integer - (not signed), signed, rounding, overflow, bits)
                assert spec.fits(dtype)
                check(spec, x, spec(x))


@pytest.mark.usefixtures('unwarned')
def test_saturation_beyond_the_precision() -> None:
    with pytest.warns(PrecisionWarning):
        assert FixedQ(32, 32, True, 'RND', 'SAT')(np.float32(1e30)) == 2**31 - 128
    with pytest.warns(PrecisionWarning):
        assert FixedQ(64, 64, False, 'RND', 'SAT')(1e30) == 2**64 - 2048


# Warnings and refusals ------------------------------------------------------------------------------------------------


def test_a_precision_warning_comes_once_for_each_spec_and_dtype() -> None:
    def calls(spec: Spec, dtype: Any) -> list[warnings.WarningMessage]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            spec(np.ones(3, dtype))
            spec(np.ones(30000, dtype), out=np.ones(30000, dtype))
        return caught

    spec = FixedQ(26, 7, True, 'RND_ZERO', 'SAT')  # no other test warns of it
    (warning,) = calls(spec, np.float32)
    assert issubclass(warning.category, PrecisionWarning)
    assert issubclass(PrecisionWarning, UserWarning)
    assert 'float32' in str(warning.message)
    assert repr(spec) in str(warning.message)
    assert warning.filename == __file__
    assert not calls(spec, np.float32)
    assert not calls(FixedQ(26, 7, True, 'RND_ZERO', 'SAT'), np.float32)  # an equal spec is the same spec
    assert not calls(spec, np.float64)
    (warning,) = calls(spec, np.float16)
    assert 'float16' in str(warning.message)
    assert len(calls(FixedQ(26, 7, True, 'RND_ZERO', 'WRAP'), np.float32)) == 1


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_no_warning_where_the_format_fits(spec: Spec, dtype: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert spec.fits(dtype)
        spec(cast(SMALL, dtype))


@pytest.mark.parametrize(
    ('spec', 'dtype', 'able'),
    [
        (FixedQ(8, 24), np.float16, 'float64 or float32 or bfloat16'),
        (FixedQ(8, 136), np.float32, 'float64'),
        (FixedQ(8, 136), ml_dtypes.bfloat16, 'float64'),
        (MinifloatQ(0, 1, 16), np.float16, 'float64 or float32 or bfloat16'),
        (MinifloatQ(0, 1, 128), np.float32, 'float64'),
    ],
    ids=repr,
)
def test_a_step_above_the_largest_number_names_a_dtype_that_holds_it(spec: Spec, dtype: Any, able: str) -> None:
    name = np.dtype(dtype).name
    for _ in range(2):
        with pytest.raises(ValueError, match=rf"^'dtype' must hold the step 2\^\d+; use {able}: {name}$"):
            spec(np.ones(2, dtype))
    spec(np.ones(2))


@pytest.mark.usefixtures('unwarned')
def test_a_step_that_no_dtype_holds() -> None:
    with pytest.raises(ValueError, match=r'2\^2000; no float dtype can: use encode and decode'):
        FixedQ(8, 2008)(1.0)
    assert FixedQ(8, 2008, True, 'TRN').encode([-1.0, 1.0]).tolist() == [-1, 0]
    with pytest.warns(PrecisionWarning):
        FixedQ(8, 1031)(1.0)  # 2^1023 is a float64, -2^1030 is not


@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
def test_steps_below_the_smallest_number_change_nothing() -> None:
    x = np.array([0.1, -1e-45, 1e-40, 3.4e38, -0.0], np.float32)
    np.testing.assert_array_equal(FixedQ(4096, 2048, True, 'RND', 'SAT')(x), x)
    np.testing.assert_array_equal(FixedQ(4096, 2048, True, 'TRN', 'WRAP')(x), x)


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_training_is_refused(spec: Spec) -> None:
    for x in (np.ones(3), 1.0, [1.0]):
        with pytest.raises(ValueError, match=r"^'training' must be False .*Keras"):
            spec(x, training=True)
    assert spec(1.0, seed_gen=object()) == spec(1.0)


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize(
    'spec',
    [
        *SPECS,
        *(
            FixedQ(8, i, True, r, o)
            for i in (3, 10, -7)
            for r in ('RND', 'TRN', 'RND_ZERO')
            for o in ('SAT', 'WRAP_SM')
        ),
        FixedQ(8, 3, True, 'TRN', 'WRAP', 1),
        FixedQ(8, -140, True, 'TRN', 'SAT'),
        FixedQ(8, -1060, True, 'TRN', 'WRAP'),
        FixedQ(40, 3, True, 'RND', 'SAT'),
        FixedQ(40, 20, True, 'RND', 'WRAP'),
        MinifloatQ(3, 8),
        MinifloatQ(10, 11),
    ],
    ids=repr,
)
@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
def test_floating_point_errors_never_reach_the_user(spec: Spec, dtype: Any) -> None:
    x = cast(SMALL + EXTREME, dtype)
    everything = [x, np.resize(x, 2000), *x]
    with np.errstate(all='ignore'):
        expected = [spec(part) for part in everything]
    fresh = eval(repr(spec))
    results = []
    with np.errstate(all='raise'):
        for part, right in zip(everything, expected, strict=True):
            got = fresh(part)
            assert got.dtype == dtype
            results.append((got, right))
        finite = x[np.isfinite(x)]
        fresh.decode(fresh.encode(finite))
    for got, right in results:
        np.testing.assert_array_equal(got.astype(np.float64), right.astype(np.float64))


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_a_call_warns_of_nothing_and_leaves_the_error_state(spec: Spec) -> None:
    before = np.geterr()
    with np.errstate(all='warn'), warnings.catch_warnings():
        warnings.simplefilter('error')
        spec(np.array(SMALL + EXTREME))
    assert np.geterr() == before


@pytest.mark.parametrize('x', [0.49999997, 0.49999999999999994, 2.0**23 + 1, 2.0**52 + 1, 1e30, -1e30, 1e300, 16777217])
@pytest.mark.parametrize('rounding', ['RND', 'RND_CONV', 'RND_INF', 'RND_ZERO', 'RND_MIN_INF', 'TRN'])
def test_where_the_obvious_formula_is_wrong(x: float, rounding: str) -> None:
    for dtype in (np.float32, np.float64):
        with np.errstate(over='ignore'):
            value = dtype(x)
        if np.isinf(value):
            continue
        for spec in (FixedQ(20, 20, True, rounding, 'WRAP'), FixedQ(24, 24, True, rounding, 'SAT')):
            modes = spec.rounding, spec.overflow
            assert spec.encode(value) == fixed_code(float(value), spec.width, spec.integer, True, *modes)
            check(spec, np.asarray(value), spec(value))


# What is easily missed


@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
@pytest.mark.parametrize(
    ('spec', 'x'),
    [
        (FixedQ(25, -140, True, 'RND_CONV', 'WRAP_SM', 3), np.float32(1e30)),
        (FixedQ(11, -20, True, 'RND_INF', 'WRAP_SM', 3), np.float16(6e4)),
    ],
)
def test_a_step_below_the_dtype_leaves_results_in_the_range(spec: FixedQ, x: Any) -> None:
    assert spec.min <= exact(float(spec(x))) <= spec.max


@pytest.mark.parametrize('x', [[2**63 + 1, -1], [2**53 + 1, 0.5], 2**64, [2**200, 3]])
def test_python_ints_that_numpy_would_round_are_exact(x: Any) -> None:
    wrapping = FixedQ(16, 16).encode(x).reshape(-1)
    first = x[0] if isinstance(x, list) else x
    assert wrapping[0] == (first + 2**15) % 2**16 - 2**15
    with pytest.raises(TypeError, match='must be an array of int64 or uint64 for Python ints beyond 2'):
        get_fixed_quantizer_np()(x, 1, 8, 0)


def test_a_masked_out_takes_the_mask() -> None:
    x = np.ma.MaskedArray([1.02, 3.3], mask=[False, True])
    out = np.ma.MaskedArray(np.zeros(2))
    assert FixedQ(8, 3)(x, out=out) is out
    np.testing.assert_array_equal(np.ma.getmaskarray(out), [False, True])


def test_casts_raise_nothing() -> None:
    with np.errstate(all='raise'), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        assert np.isfinite(FixedQ(7, -140, False, 'RND_CONV', 'WRAP', 2)(np.float16(1.5)))
