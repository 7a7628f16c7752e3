"""Numbers without rounding: arrays of the narrowest dtype that holds every value of a format, and sums of products."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import result_type
from ..formats import FixedQ

Array = NDArray[Any]
Convert = Callable[[Array], Array]

_HELD = ((24, np.dtype(np.float32)), (53, np.dtype(np.float64)))  # significant bits
_EXACT = np.dtype(object)  # Fractions
# products that are rounded one by one are in memory at once
_AT_ONCE = 1 << 20


def dtype_for(*formats: FixedQ) -> np.dtype[Any]:
    """The narrowest dtype whose numbers have all values of the formats: a float's, or Fractions in an array of objects.

    Steps and ranges beyond 2^-100 and 2^100 are Fractions', far from the ends of float32.
    """
    bits = max(spec.significant_bits for spec in formats)
    extreme = max(max(abs(spec.i), abs(spec.f)) for spec in formats) > 100
    return next((dtype for held, dtype in _HELD if bits <= held and not extreme), _EXACT)


def as_dtype(x: Array, dtype: np.dtype[Any]) -> Array:
    """An array of finite numbers in another dtype that has them all."""
    if dtype != _EXACT or x.dtype == _EXACT:
        return x.astype(dtype, copy=False)
    exact = np.empty(x.shape, object)
    exact.reshape(-1)[:] = [Fraction(number) for number in x.reshape(-1).tolist()]
    return exact


def casting(source: FixedQ, target: FixedQ) -> Convert:
    """What casts values of `source` to the format `target`, by its modes."""
    narrow, wide = dtype_for(target), dtype_for(source, target)
    if holds(target, source):
        return lambda x: as_dtype(x, narrow)
    if wide == _EXACT:
        return lambda x: as_dtype(exactly(target, as_dtype(x, wide)), narrow)
    return lambda x: as_dtype(target(as_dtype(x, wide)), narrow)


def exactly(spec: FixedQ, x: Array) -> Array:
    """Finite numbers in a format, as Fractions."""
    return np.asarray(spec.decode(spec.encode(x), exact=True), object)


def chained(first: Callable[..., Array], then: Convert) -> Callable[..., Array]:
    """One after the other."""
    return lambda *arrays: then(first(*arrays))


def holds(target: FixedQ, source: FixedQ) -> bool:
    """Whether every value of `source` is one of `target`."""
    return target.f >= source.f and bool(target.min <= source.min) and bool(source.max <= target.max)


def least(*formats: FixedQ) -> FixedQ:
    """The narrowest format that holds all values of the formats, as far as whole ranges of formats say."""
    signed = any(spec.signed for spec in formats)
    f = max(spec.f for spec in formats)
    integer = max(spec.integer + (signed and not spec.signed) for spec in formats)
    return FixedQ(max(integer + f, 1), integer, signed)


def dot(x: FixedQ, weights: Array, bias: Array | None, accumulator: FixedQ | None) -> tuple[FixedQ, Convert]:
    """The format of `x @ weights + bias`, and what computes it for arrays `(..., n)`, in it.

    Without an accumulator the sum is exact. With one, as in hls4ml: it begins with the bias, each product is cast to it
    before it is added, in the order of the terms, and each sum is cast to it.

    Args:
        x: the format of all terms.
        weights: constants, (n, outputs).
    """
    exact = result_type.dot(x, weights, bias)
    if accumulator is None or holds(accumulator, exact):
        return exact, _exactly(x, weights, bias, exact)
    if accumulator.overflow != 'WRAP' or accumulator.saturation_bits:
        return accumulator, _in_order(x, weights, bias, accumulator)
    if accumulator.f >= exact.f:  # of which every product and the bias are multiples; modulo 2^W, sums may be cast once
        return accumulator, chained(_exactly(x, weights, bias, exact), casting(exact, accumulator))
    return accumulator, _rounded(x, weights, bias, accumulator)


def _exactly(x: FixedQ, weights: Array, bias: Array | None, exact: FixedQ) -> Convert:
    # every partial sum is a value of the format, as each term can be 0
    dtype = dtype_for(x, exact)
    factors = as_dtype(weights, dtype)
    constant = None if bias is None else as_dtype(bias, dtype)

    def call(a: Array) -> Array:
        result = as_dtype(a, dtype) @ factors
        return result if constant is None else result + constant

    return call


def _start(bias: Array | None, outputs: int, accumulator: FixedQ) -> Array:
    constant = np.zeros(outputs) if bias is None else bias
    return casting(result_type.constants(constant), accumulator)(constant)


def _products(x: FixedQ, weights: Array) -> FixedQ:
    """A format of each product alone."""
    return x * result_type.constants(weights)


def _in_order(x: FixedQ, weights: Array, bias: Array | None, accumulator: FixedQ) -> Convert:
    """Term after term, as what saturates depends on their order."""
    product, total = _products(x, weights), accumulator + accumulator
    dtype = dtype_for(product, x)
    factors, start = as_dtype(weights, dtype), _start(bias, weights.shape[1], accumulator)
    wide = dtype_for(total)
    to_term, to_sum = casting(product, accumulator), casting(total, accumulator)

    def call(a: Array) -> Array:
        terms = as_dtype(a, dtype)
        result = np.broadcast_to(start, (*a.shape[:-1], start.size))
        for n, row in enumerate(factors):
            term = to_term(terms[..., n, None] * row)
            result = to_sum(as_dtype(result, wide) + as_dtype(term, wide))
        return result

    return call


def _rounded(x: FixedQ, weights: Array, bias: Array | None, accumulator: FixedQ) -> Convert:
    """Products that lose bits, each by itself, and a sum that wraps once."""
    product = _products(x, weights)
    n, outputs = weights.shape
    total = result_type.sum_of(accumulator, n + 1)
    dtype, wide = dtype_for(product, x), dtype_for(total)
    factors, start = as_dtype(weights, dtype), _start(bias, outputs, accumulator)
    to_term, to_sum = casting(product, accumulator), casting(total, accumulator)
    rows = max(_AT_ONCE // max(n * outputs, 1), 1)

    def part(terms: Array) -> Array:
        products = to_term(terms[:, :, None] * factors)
        return to_sum(as_dtype(products, wide).sum(axis=1) + as_dtype(start, wide))

    def call(a: Array) -> Array:
        terms = as_dtype(a, dtype).reshape(-1, n)
        parts = [part(terms[at : at + rows]) for at in range(0, max(len(terms), 1), rows)]
        return np.concatenate(parts).reshape(*a.shape[:-1], outputs)

    return call


def terms_of(x: FixedQ, n: int, accumulator: FixedQ | None) -> tuple[FixedQ, Convert]:
    """The format of a sum of `n` numbers, and what adds them up along the last axis but one, in it.

    Without an accumulator the sum is exact. With one, as in hls4ml, each sum is cast to it, in the order of the terms.
    """
    exact = result_type.sum_of(x, n)
    spec = exact if accumulator is None else accumulator
    total = spec if holds(spec, exact) else spec + x
    dtype, to_sum = dtype_for(total), casting(total, spec)

    def call(a: Array) -> Array:
        terms = as_dtype(a, dtype)
        if holds(spec, exact):
            return np.asarray(terms.sum(axis=-2))
        result = np.zeros_like(terms[..., 0, :])
        for j in range(n):
            result = as_dtype(to_sum(result + terms[..., j, :]), dtype)
        return result

    return spec, call


def cut_quotient(x: Array, n: int, spec: FixedQ) -> Array:
    """Values of a format divided by `n` and cut towards 0 at its step, as `ap_fixed` is by an `unsigned`."""
    if x.dtype == _EXACT:
        quotients = np.empty(x.shape, object)
        step = Fraction(spec.eps)
        quotients.reshape(-1)[:] = [int(number / step / n) * step for number in x.reshape(-1).tolist()]
        return quotients
    steps = np.ldexp(x.astype(np.float64), spec.f).astype(np.int64)
    cut: Array = np.ldexp((np.sign(steps) * (np.abs(steps) // n)).astype(np.float64), -spec.f).astype(x.dtype)
    return cut
