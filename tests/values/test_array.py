"""Values as arrays: in, out, shapes, assignment, NumPy's functions, and what is refused."""

from __future__ import annotations

import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import quantizers
from quantizers import BinaryQ, FixedArray, FixedQ, result_type
from quantizers.values.blocks import BLOCK

Q = FixedQ(8, 3, True, 'RND', 'SAT')
WIDE = FixedQ(70, 66)
ROUGH = FixedQ(4, 4, False, 'TRN', 'SAT')


def array(*values: float, spec: FixedQ = Q) -> FixedArray:
    return FixedArray.of(list(values), spec)


def check(a: FixedArray, values: Any, spec: FixedQ) -> None:
    assert a.spec == spec
    assert np.array_equal(a.values, values)
    assert a.shape == np.shape(values)
    whole = spec.width - spec.signed < 64
    assert a.codes.dtype == (np.int64 if whole else object)
    assert whole or {*map(type, a.codes.reshape(-1).tolist())} <= {int}
    assert a.overflowed.shape == a.lost.shape == a.shape


def test_in_and_out() -> None:
    a = FixedArray.of([0.1, 3.14159, 100, -4], Q)
    check(a, [0.09375, 3.15625, 3.96875, -4], Q)
    assert a.codes.tolist() == [3, 101, 127, -128]
    assert a.fractions().tolist() == [Fraction(3, 32), Fraction(101, 32), Fraction(127, 32), -4]
    assert np.asarray(a).dtype == np.float64
    assert np.asarray(a, np.float32).dtype == np.float32
    assert np.array(a).tolist() == a.tolist() == a.values.tolist()
    assert (a.overflowed.tolist(), a.lost.tolist()) == ([False, False, True, False], [True, True, False, False])
    same = FixedArray(a.codes, Q)
    assert (same == a).all()
    assert not same.overflowed.any()
    assert not same.lost.any()


@pytest.mark.parametrize(
    'dtype', ['int8', 'uint8', 'int64', 'uint64', 'bool', 'float16', 'float32', 'float64', 'object']
)
@pytest.mark.parametrize('spec', [Q, WIDE, ROUGH], ids=['int64', 'objects', 'unsigned'])
def test_every_dtype_is_taken(dtype: str, spec: FixedQ) -> None:
    x = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype)
    check(FixedArray.of(x, spec), x.astype(float), spec)
    check(FixedArray.of(x, spec) + x, 2 * x.astype(float), spec + FixedQ(1, 1, False))


def test_what_is_given_is_copied_and_not_changed() -> None:
    codes = np.array([1, 2, 3])
    a = FixedArray(codes, Q)
    a[0] = 2
    assert codes.tolist() == [1, 2, 3]
    codes[1] = 9
    assert a.codes.tolist() == [64, 2, 3]
    with pytest.raises(ValueError, match='read-only'):
        a.codes[0] = 1
    b = +a
    b[0] = 0
    b.copy()[1] = 0
    a.scaled(1)[0] = 0
    assert a.codes.tolist() == [64, 2, 3]


@pytest.mark.parametrize('shape', [(), (0,), (3,), (2, 0), (2, 3)])
@pytest.mark.parametrize('spec', [Q, WIDE], ids=['int64', 'objects'])
def test_every_shape(shape: tuple[int, ...], spec: FixedQ) -> None:
    x = np.arange(np.prod(shape, dtype=int)).reshape(shape) / 4
    a = FixedArray.of(x, spec)
    check(a, x, spec)
    check(a + a, 2 * x, spec + spec)
    check(a * a, x * x, spec * spec)
    check(-a, -x, -spec)
    check(a << 1, 2 * x, spec)
    check(a.sum(), x.sum(), result_type.sum_of(spec, max(x.size, 1)))
    check(abs(a) % 4, x % 4, FixedQ(3 + spec.f, 3, False))
    assert (a < 1).shape == shape
    assert (a == x).all()
    assert (a.ndim, a.size) == (x.ndim, x.size)
    assert bool((FixedArray.of(a.values, spec) == a).all())
    again = pickle.loads(pickle.dumps(a))
    check(again, x, spec)


def test_views_and_moves() -> None:
    x = np.arange(12).reshape(3, 4) / 4
    x[0, 0] = 100
    a = FixedArray.of(x, Q)
    flags = a.overflowed
    for move in (
        lambda v: v.T,
        lambda v: v.reshape(4, 3),
        lambda v: v.reshape((2, -1)),
        lambda v: v.transpose(1, 0),
        lambda v: v.ravel(),
        lambda v: v[1:, ::2],
        lambda v: v[0],
        lambda v: v[..., None],
        lambda v: v[[2, 0]],
        lambda v: v[v > 1],
        lambda v: v[0, 0],
        lambda v: v.copy(),
        lambda v: np.reshape(v, (6, 2)),
        lambda v: np.moveaxis(v, 0, 1),
        lambda v: np.broadcast_to(v, (2, 3, 4)),
        lambda v: np.roll(v, 1, axis=0),
        lambda v: np.take(v, [0, 0, 1], axis=1),
        np.transpose,
    ):
        moved = move(a)
        assert isinstance(moved, FixedArray)
        check(moved, move(a.values), Q)
        if isinstance(move(flags), np.ndarray) and move(flags).shape == moved.shape:  # but for the mask
            assert np.array_equal(moved.overflowed, move(flags))
    a[1:].T[0, 0] = 3
    assert a.values[1, 0] == 3
    assert [row.values.tolist() for row in a] == a.values.tolist()
    assert len(a) == 3


def test_assignment_keeps_the_format_and_says_what_happened() -> None:
    a = array(0, 1, 2)
    a[0] = 100
    a[1:] = [0.1, Fraction(1, 32)]
    check(a, [3.96875, 0.09375, 0.03125], Q)
    assert (a.overflowed.tolist(), a.lost.tolist()) == ([True, False, False], [False, True, False])
    a[...] = 0  # what has overflowed before is not forgotten
    assert (a.overflowed.tolist(), a.lost.tolist()) == ([True, False, False], [False, True, False])
    b = array(0, 0, 0)
    b[1] = a[0]
    assert b.overflowed.tolist() == [False, True, False]
    b[0] += 100
    assert b.overflowed.tolist() == [True, True, False]


@pytest.mark.parametrize('other', [0.75, array(0.75, 1, 2), [0.75, 1, 2]])
def test_assignments_with_operators(other: Any) -> None:
    a = same = array(1, 2, 3.5)
    values = a.values
    for change, plain in (
        (lambda v: v.__iadd__(other), lambda v: v + np.asarray(other)),
        (lambda v: v.__isub__(other), lambda v: v - np.asarray(other)),
        (lambda v: v.__imul__(other), lambda v: v * np.asarray(other)),
        (lambda v: v.__itruediv__(other), lambda v: np.trunc(v / np.asarray(other) * 32) / 32),
        (lambda v: v.__ilshift__(1), lambda v: 2 * v),
        (lambda v: v.__irshift__(1), lambda v: v / 2),
    ):
        a, values = change(a), Q(plain(values)) if plain(values).max() < 4 else None
        assert a is same
        assert a.spec == Q
        if values is None:
            values = a.values
        assert np.array_equal(a.values, values)
    a += 100
    assert a.overflowed.all()


@pytest.mark.parametrize(
    ('number', 'spec'),
    [
        (3, FixedQ(2, 2, False)),
        (-0.75, FixedQ(3, 1)),
        (True, FixedQ(1, 1, False)),
        (Fraction(5, 8), FixedQ(3, 0, False)),
        (Decimal('0.5'), FixedQ(1, 0, False)),
        (np.float32(0.5), FixedQ(1, 0, False)),
        (np.uint64(2**64 - 1), FixedQ(64, 64, False)),
        (2**70, FixedQ(1, 71, False)),
        ([1, 0.5, 0], FixedQ(2, 1, False)),
        (np.array([-4, 0, 2]), FixedQ(2, 3)),
    ],
)
def test_numbers_count_with_their_least_format(number: Any, spec: FixedQ) -> None:
    a = array(1, 0.5, -2)
    number_ = number.item() if isinstance(number, np.generic) else number
    exact = [Fraction(n) for n in np.broadcast_to(np.asarray(number_, object), 3)]
    plain = a.fractions()
    for result, values, wanted in (
        (a + number, plain + exact, Q + spec),
        (number + a, exact + plain, spec + Q),
        (a - number, plain - exact, Q - spec),
        (number - a, exact - plain, spec - Q),
        (a * number, plain * exact, Q * spec),
        (number * a, exact * plain, spec * Q),
    ):
        assert result.spec == wanted
        assert result.fractions().tolist() == list(values)
    assert (a < number).tolist() == (number > a).tolist() == [x < y for x, y in zip(plain, exact, strict=True)]
    assert (number / a).spec == spec / Q
    assert (number // a).fractions().tolist() == [y // x for x, y in zip(plain, exact, strict=True)]
    assert (number % a).fractions().tolist() == [y % x for x, y in zip(plain, exact, strict=True)]


def test_numpy_first() -> None:
    a, x = array(1, 0.5, -2), np.array([0.5, 2, 1])
    for result in (x + a, np.add(x, a), np.add(a, x)):
        check(result, x + a.values, Q + result_type.constants(x))
    check(x @ a, x @ a.values, (x @ a).spec)
    check(np.float64(0.5) * a, a.values / 2, Q * FixedQ(1, 0, False))
    assert [part.tolist() for part in np.divmod(a, 1.5)] == [part.tolist() for part in np.divmod(a.values, 1.5)]
    assert [part.tolist() for part in np.divmod(x, a)] == [part.tolist() for part in np.divmod(x, a.values)]
    assert [part.tolist() for part in divmod(a, 1.5)] == [part.tolist() for part in divmod(a.values, 1.5)]
    assert np.negative(a).tolist() == (-a).tolist()
    assert np.absolute(a).spec == FixedQ(8, 3, False)
    assert np.left_shift(a, 1).spec == Q
    assert np.less(x, a).tolist() == (x < a.values).tolist()
    assert np.sum(a).tolist() == np.add.reduce(a).tolist() == -0.5
    assert np.max(a).item() == np.maximum.reduce(a).item() == a.max().item() == 1
    assert np.min(a).item() == np.minimum.reduce(a).item() == a.min().item() == -2
    assert (np.shape(a), np.ndim(a), np.size(a)) == ((3,), 1, 3)


def test_joined() -> None:
    a, b = array(1, 100), FixedArray.of([0.5, -1], FixedQ(12, 2))
    check(np.concatenate([a, a]), [1, 3.96875] * 2, Q)
    assert np.concatenate([a, b]).overflowed.tolist() == [False, True, False, False]
    check(np.concatenate([a, b]), [1, 3.96875, 0.5, -1], FixedQ(13, 3))
    check(np.stack([a, [0, 8]]), [[1, 3.96875], [0, 8]], FixedQ(10, 5))
    check(np.where([True, False], a, 0), [1, 0], FixedQ(8, 3))
    check(np.where([True, False], b, b), [0.5, -1], FixedQ(12, 2))
    assert np.array_equal(a, FixedArray.of([1, 3.96875], FixedQ(20, 10)))
    assert not np.array_equal(a, [1, 4])
    assert not np.array_equal(a, [1])


@pytest.mark.parametrize(
    'call',
    [
        np.sin,
        np.sqrt,
        np.exp2,
        lambda a: np.add(a, a, out=np.zeros(3)),
        lambda a: np.add(a, a, dtype=np.float32),
        lambda a: np.add(a, a, where=[True, False, True]),
        np.multiply.reduce,
        np.add.accumulate,
        lambda a: np.subtract.outer(a, a),
        np.mean,
        np.round,
        np.linalg.norm,
        lambda a: np.bitwise_and(a, a),
    ],
)
def test_what_is_not_exact_is_refused_by_its_name(call: Any) -> None:
    with pytest.raises(TypeError, match=r'numpy\.[a-z0-9_.]+.* is not exact, or not known, for values.*take a\.values'):
        call(array(1, 2, 3))


@pytest.mark.parametrize('other', ['1', None, object(), {}, 1j, np.array(['1']), np.array([1j]), Q])
def test_what_is_no_number_is_refused(other: Any) -> None:
    a = array(1, 2)
    for call in (lambda: a + other, lambda: other * a, lambda: a < other, lambda: a @ other, lambda: a.dot(other)):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError):
        a[0] = other


def test_equality_with_what_is_no_number() -> None:
    a = array(1, 2)
    assert a != None  # noqa: E711
    assert (a == 'x') is False
    with pytest.raises(TypeError, match='unhashable'):
        hash(a)


@pytest.mark.parametrize('number', [float('nan'), float('inf'), Fraction(1, 3), [1, float('nan')]])
def test_numbers_that_no_format_has(number: Any) -> None:
    a = array(1, 2)
    for call in (lambda: a + number, lambda: a < number, lambda: number * a, lambda: a.dot(number)):
        with pytest.raises(ValueError, match="'values' must be"):
            call()


@pytest.mark.parametrize('divisor', [0, 0.0, [1, 0], array(0.5, 0)])
def test_a_divisor_of_0(divisor: Any) -> None:
    for call in (
        lambda a: a / divisor,
        lambda a: a // divisor,
        lambda a: a % divisor,
        lambda a: np.fmod(a, divisor),
        lambda a: divmod(a, divisor),
    ):
        for spec in (Q, WIDE):
            with pytest.raises(ZeroDivisionError, match='no 0 in it'):
                call(array(1, 2, spec=spec))


def test_what_makes_no_array() -> None:
    for spec in (BinaryQ(), 'ap_fixed<8, 3>', None):
        for make in (FixedArray, FixedArray.of):
            with pytest.raises(TypeError, match="'spec' must be a FixedQ"):
                make([1], spec)  # type: ignore[operator]
        with pytest.raises(TypeError, match="'spec' must be a FixedQ"):
            array(1).cast(spec)  # type: ignore[arg-type]
    for codes in (128, -129, [0, 2**70]):
        with pytest.raises(ValueError, match='run from -128 to 127'):
            FixedArray(codes, Q)
    for codes in (0.5, [1.0], 'x', None):
        with pytest.raises(TypeError, match="'code' must be an array of integers"):
            FixedArray(codes, Q)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match='NaN has no code'):
        FixedArray.of([1, np.nan], Q)
    with pytest.raises(ValueError, match='Inf has no code'):
        FixedArray.of([np.inf], FixedQ(8, 3))
    for masked in (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([0.5, 2], mask=[0, 1])):
        with pytest.raises(ValueError, match="'x' must have no masked entries"):
            FixedArray.of(masked, Q)
        with pytest.raises(ValueError, match="'x' must have no masked entries"):
            array(1, 2) + masked
    with pytest.raises(ValueError, match="'integer' must be"):
        array(1).scaled(5000)
    with pytest.raises(ValueError, match="'copy' must not be False"):
        np.asarray(array(1), copy=False)


@pytest.mark.parametrize('n', [0.5, '1', None, 10**30, np.uint64(1), array(1), 1j])
def test_what_is_no_number_of_places(n: Any) -> None:
    for call in (lambda: array(1) << n, lambda: array(1) >> n, lambda: 2 << array(1)):
        with pytest.raises(TypeError):
            call()


def test_inf_saturates() -> None:
    a = FixedArray.of([np.inf, -np.inf], Q)
    check(a, [3.96875, -4], Q)
    assert (a.overflowed.all(), a.lost.any()) == (True, False)
    b = FixedArray.of(np.array([Fraction(1), float('inf')], object), Q)
    assert (b.overflowed.tolist(), b.lost.tolist()) == ([False, True], [False, False])


def test_one_value_is_a_number() -> None:
    a = array(-1.5)
    assert (float(a), int(a), bool(a), a.item()) == (-1.5, -1, True, -1.5)
    assert not array(0)
    assert FixedArray.of(2**64 + 1, WIDE).item() == 2**64 + 1
    with pytest.raises(ValueError, match='ambiguous'):
        bool(array(1, 2))


def test_large_arrays_are_those_of_their_parts() -> None:
    """They are computed in blocks, and the last one has not all its elements."""
    rng = np.random.default_rng(0)
    size = 3 * BLOCK + 5
    x, y = FixedArray.of(rng.normal(0, 3, size), FixedQ(16, 6)), FixedArray.of(rng.normal(0, 3, size), FixedQ(12, 4))
    y[y == 0] = 1
    part = slice(2 * BLOCK - 3, None)
    cast = FixedQ(6, 2, True, 'RND_CONV', 'SAT')
    pairs: list[tuple[FixedArray, FixedArray]] = [
        (x + y, x[part] + y[part]),
        (y - x, y[part] - x[part]),
        (x / y, x[part] / y[part]),
        (x % y, x[part] % y[part]),
        (x * 3, x[part] * 3),
        (x + 1, x[part] + 1),
        (x << 5, x[part] << 5),
        (x >> 5, x[part] >> 5),
        (x.cast(cast), x[part].cast(cast)),
        (FixedArray.of(x.values, cast), FixedArray.of(x.values[part], cast)),
        (x.reshape(-1, 1)[:, 0] + y[::-1][::-1], x + y),
    ]
    for whole, wanted in pairs:
        last = whole[-wanted.size :]
        assert last.spec == wanted.spec
        assert np.array_equal(last.codes, wanted.codes)
        assert np.array_equal(last.overflowed, wanted.overflowed)
        assert np.array_equal(last.lost, wanted.lost)
    assert np.array_equal((x < y)[part], x[part] < y[part])


def test_it_shows_itself() -> None:
    a = FixedArray.of([[0.1, 1], [2, 3]], FixedQ(18, 3))
    scope = {'FixedArray': FixedArray, 'FixedQ': FixedQ, 'Fraction': Fraction}
    for shown in (a, a * a, FixedArray.of(0.5, Q), FixedArray.of([0.25, 2**60], WIDE), FixedArray.of([], Q)):
        again = eval(repr(shown), scope)
        assert again.spec == shown.spec
        assert np.array_equal(again.codes, shown.codes)
    large = FixedArray.of(np.zeros(10_000), Q)
    assert len(repr(large)) < 200
    html = large._repr_html_()
    assert len(html) < 300
    assert 'ap_fixed&lt;8, 3, AP_RND, AP_SAT&gt;' in html
    assert 'one value' in FixedArray.of(1, Q)._repr_html_()


def test_it_is_public() -> None:
    assert quantizers.FixedArray is FixedArray
    assert pickle.dumps(array(1)).count(b'quantizers.values') == 1
