"""The gradients of the laws' table in exact arithmetic, scalar by scalar, and how a framework's are compared with them.

Nothing here is shared with the package.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from oracles import reference
from oracles.reference import power_of_two

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

LN2 = math.log(2)
SHAPE = (3, 4, 5)  # of the inputs


class Fixed(NamedTuple):
    """The output, and the gradients to x, i and f for an incoming gradient of 1."""

    value: float
    x: float
    i: float
    f: float


class Minifloat(NamedTuple):
    """The output, and the gradients to x, m, e and e0 for an incoming gradient of 1."""

    value: float
    x: float
    m: float
    e: float
    e0: float


def inverted(r: int, n: int, width: int, saturation_bits: int) -> bool:
    """Whether WRAP_SM inverts the bits of `r`, which is out of range; `n` is the floor before rounding."""
    low = r & (2**width - 1)
    if saturation_bits == 0:
        return (n >> width & 1) != (low >> (width - 1) & 1)
    if saturation_bits == 1:
        return bool(low >> (width - 1) & 1) != (r < 0)
    return bool(low >> (width - saturation_bits) & 1) == (r < 0)


def fixed(
    x: float, k: int, i: int, f: int, rounding: str, overflow: str, saturation_bits: int, training: bool
) -> Fixed:
    """The table of fixed point for one finite number, or an infinite one under a saturating mode."""
    i = max(i, -f)
    eps, power_i = power_of_two(-f), float(power_of_two(i))
    highest = power_of_two(i) - eps
    lowest = -k * (highest if overflow == 'SAT_SYM' else power_of_two(i))
    shape = k + i + f, k + i, bool(k)
    mirrors, does_nothing = overflow == 'WRAP_SM' and k, overflow == 'WRAP' and training
    if overflow == 'WRAP_SM' and not k:
        overflow = 'WRAP'
    above, below = x > highest, x < lowest
    if above or below:
        if overflow in ('SAT', 'SAT_SYM'):
            to_f = LN2 * float(eps)
            if above:
                return Fixed(float(highest), 0, LN2 * power_i, to_f)
            return Fixed(float(lowest), 0, -LN2 * power_i * k, -to_f * k if overflow == 'SAT_SYM' else 0)
        if overflow == 'SAT_ZERO':
            # a number just outside may round to the end
            value = reference.fixed_value(x, *shape, rounding, overflow) if shape[0] else 0
            return Fixed(float(value), 0, LN2 * power_i * (1 if above else -k), 0)
    y = reference.exact(x) * power_of_two(f)
    n, r = math.floor(y), reference.rounded(y, rounding)
    lo, hi = lowest / eps, highest / eps
    residual = LN2 * float(reference.exact(x) - r * eps)
    value: Fraction = r * eps
    sign = 1
    if not lo <= r <= hi and not does_nothing:
        value = reference.overflowed(r, n, shape[0], shape[2], overflow, saturation_bits) * eps if shape[0] else 0 * eps
        if mirrors and inverted(r, n, shape[0], saturation_bits):
            sign = -1
    return Fixed(float(value), sign, 0, sign * residual)


def minifloat(x: float, m: int, e: int, e0: int) -> Minifloat:
    """The table of minifloats for one finite number."""
    a = 2 ** max(e - 1, 0)
    emin, emax = 1 - a + e0, a - 1 + e0
    q = reference.minifloat_value(x, m, max(e, 1), e0) if m >= 0 else reference.exact(0)
    d = LN2 * float(reference.exact(x) - q)
    size = abs(reference.exact(x))
    if size >= power_of_two(emax + 1):
        return Minifloat(float(q), 1, 0, d * LN2 * a, d)
    if size < power_of_two(emin):
        return Minifloat(float(q), 1, d, d * LN2 * a, -d)
    return Minifloat(float(q), 1, d, 0, 0)


Curvature = dict[tuple[str, str], Any]  # the second derivatives of the output; pairs that are not there have 0


def fixed_curvature(table: Fixed) -> Curvature:
    """Of `a * x + b * 2^i + c * 2^-f + d`, which is what the table is the slopes of, whatever the constants are."""
    return {('i', 'i'): LN2 * table.i, ('f', 'f'): -LN2 * table.f}


def minifloat_curvature(x: NDArray[Any], table: Minifloat) -> Curvature:
    """Of `x - c * 2^n`, where `n` is `E - m`, `1 - a + e0 - m` or `1 - a - e0`; `a = 2^(e-1)`."""
    rest = LN2 * (x - table.value)
    by_width = {name: getattr(table, name) for name in ('m', 'e', 'e0')}
    with np.errstate(invalid='ignore'):
        curvature = {
            (v, w): np.where(rest == 0, 0, -LN2 * by_width[v] * by_width[w] / rest) for v in by_width for w in by_width
        }
    curvature['e', 'e'] += LN2 * table.e
    return curvature


class Loss(NamedTuple):
    """`sum(g * q + h / 2 * q^2 + p * q * x)`, so that what comes in to `q` depends on `q` and `x`."""

    g: Any
    h: Any
    p: Any

    def of(self, q: Any, x: Any) -> Any:
        """The loss of a framework's tensors, one number."""
        import keras

        return keras.ops.sum(self.g * q + self.h / 2 * q * q + self.p * q * x)

    def hessian_product(
        self, x: NDArray[Any], table: Any, curvature: Curvature, directions: dict[str, NDArray[Any]]
    ) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
        """For each name of the table the product's elements, before any summing, and the magnitudes of their terms."""
        product: dict[str, Any] = {}
        magnitude: dict[str, Any] = {}
        # what comes in to `q`
        terms_in = [self.g, self.h * table.value, self.p * x]
        total, total_size = sum(terms_in), sum(map(np.abs, terms_in))
        for b in directions:
            product[b], magnitude[b] = 0.0, 0.0
            for a, along in directions.items():
                to_a, to_b, bend = getattr(table, a), getattr(table, b), curvature.get((a, b), 0)
                through_x = self.p * (to_a * (b == 'x') + to_b * (a == 'x'))
                product[b] = product[b] + along * (total * bend + self.h * to_a * to_b + through_x)
                # the slope of `x - q` is 1 - 1
                cancelled = LN2 * total_size * ((a == 'x') != (b == 'x'))
                size = total_size * np.abs(bend) + np.abs(self.h * to_a * to_b) + np.abs(through_x) + cancelled
                magnitude[b] = magnitude[b] + np.abs(along) * size
        return {name: (product[name], magnitude[name]) for name in directions}


def over(scalar: Any, *arrays: NDArray[Any]) -> Any:
    """What `scalar` gives for each element of the broadcast arrays, one array for each of its numbers."""
    arrays = np.broadcast_arrays(*arrays)
    rows = [scalar(*numbers) for numbers in zip(*(array.ravel().tolist() for array in arrays), strict=True)]
    return type(rows[0])(*(np.array(column, np.float64).reshape(arrays[0].shape) for column in zip(*rows, strict=True)))


def summed(gradient: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Summed back to the shape of what was broadcast."""
    extra = gradient.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(extra + j for j, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=axes, keepdims=True).reshape(shape)


# How results are compared ---------------------------------------------------------------------------------------------


def numbers(rng: np.random.Generator, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """Numbers of some magnitudes, and the places where the table changes: ends, ties, zero."""
    x = rng.normal(size=shape) * 2.0 ** rng.integers(-2, 7, size=shape)
    special = [0.0, -0.0, 3.75, 4.0, 3.875, -4.0, -4.125, -3.75, 7.75, 8.0, -8.0, 0.125, -0.375, 0.25, 1e30, -1e30]
    special += [15.0, 31.5, -31.5, 3.76, -4.01, 1e5]
    places = rng.choice(x.size, min(x.size, len(special)), replace=False)
    x.ravel()[places] = special[: len(places)]
    return x.astype(np.float32)


def close(got: np.ndarray, want: np.ndarray, dtype: Any, terms: float | np.ndarray = 0.0) -> None:
    """Equal to a few roundings of `dtype`; `terms` is the sum of the magnitudes that were added."""
    assert got.dtype == dtype
    assert got.shape == want.shape
    precision = {2: 2.0**-7, 4: 2.0**-21, 8: 2.0**-49}[np.dtype(dtype).itemsize]
    allowed = precision * np.maximum(np.abs(want), terms)
    wrong = ~(np.abs(got.astype(np.float64) - want) <= allowed)
    assert not wrong.any(), f'{got[wrong][:4]} instead of {want[wrong][:4]} at {np.argwhere(wrong)[:4].tolist()}'


def check_all(got: list[np.ndarray], table: list[np.ndarray], shapes: list[tuple], g: np.ndarray, dtype: Any) -> None:
    """Each gradient is its column of the table times `g`, summed to its own shape."""
    for gradient, column, shape in zip(got, table, shapes, strict=True):
        terms = summed(np.abs(column * g), shape) if shape != g.shape else 0.0
        close(gradient, summed(column * g, shape), dtype, terms)


# of i and f: scalar, per channel, per row, per element, and of different shapes
WIDTH_SHAPES = {
    'scalar': ((), ()),
    'channel': ((5,), (5,)),
    'row': ((1, 4, 1), (1, 4, 1)),
    'element': (SHAPE, SHAPE),
    'mixed': ((5,), (3, 1, 1)),
}

MINIFLOAT_SHAPES = {
    'scalar': ((), (), ()),
    'channel': ((5,), (5,), (5,)),
    'row': ((1, 4, 1),) * 3,
    'element': (SHAPE,) * 3,
    'mixed': ((), (5,), (3, 1, 1)),
}


def minifloat_widths(rng: np.random.Generator, shapes: Any) -> list[np.ndarray]:
    ranges = ((0, 5), (0, 5), (-2, 3))
    return [
        rng.integers(low, high, size=shape).astype(np.float32)
        for (low, high), shape in zip(ranges, shapes, strict=True)
    ]


class Case:
    """An input, widths of given shapes and an incoming gradient."""

    def __init__(self, i_shape: tuple[int, ...], f_shape: tuple[int, ...], bits: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.x = numbers(rng)
        # unsigned elements too, and room for the saturation bits
        self.k = np.array([1, 0, 1, 1, 0], np.float32) if not bits else np.ones(5, np.float32)
        self.f = rng.integers(bits - 1, 4, size=f_shape).astype(np.float32)
        self.i = rng.integers(1 if bits else -1, 5, size=i_shape).astype(np.float32)
        self.g = rng.normal(size=SHAPE).astype(np.float32)

    @property
    def shapes(self) -> list[tuple]:
        return [self.x.shape, self.i.shape, self.f.shape]

    def table(self, rounding: str, overflow: str, bits: int, training: bool) -> Fixed:
        law = partial(fixed, rounding=rounding, overflow=overflow, saturation_bits=bits, training=training)
        widths = (width.astype(int) for width in (self.k, self.i, self.f))
        return over(law, self.x, *widths)
