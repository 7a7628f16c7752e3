"""Softmax over the last axis by two tables, as hls4ml 1.3.0 computes it where it subtracts the largest input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from ..formats import FixedQ
from .exact import Array, Convert, as_dtype, casting, dtype_for
from .operations import Compute, Operation, Weights
from .tables import SIZE

_HELD = 53  # bits of what is looked up
_DEFAULT = FixedQ(18, 8, True, 'RND', 'SAT')


@dataclass(frozen=True)
class Softmax(Operation):
    """`exp(x - largest) / sum`: an exponential and an inverse are looked up by the highest bits of their inputs.

    Differences have the format of the input without its sign, in which they wrap. The sum is a tree of additions,
    each in the format of the accumulator. Source: `softmax_stable` of hls4ml's `nnet_activation.h`, and its defaults.

    Attributes:
        exp_table: the format of the exponentials.
        inv_table: of the inverses.
        inv_inp: of the sum as it is looked up.
        accum: of the sum.
    """

    exp_table: FixedQ = _DEFAULT
    inv_table: FixedQ = _DEFAULT
    inv_inp: FixedQ = _DEFAULT
    accum: FixedQ = _DEFAULT

    @property
    def tables(self) -> Mapping[str, FixedQ]:
        """See `Operation`."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def with_tables(self, formats: Mapping[str, FixedQ]) -> Operation:
        """See `Operation`."""
        return Softmax(**formats)

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        (x,) = inputs
        size = min(SIZE, 1 << min(x.width, self.inv_table.width))
        difference = FixedQ(max(x.width - x.signed, 1), x.integer - x.signed, False)
        exponential, of_difference = _table(difference, min(size, 1 << difference.width), self.exp_table, _exponentials)
        inverse, of_sum = _table(self.inv_inp, size, self.inv_table, _inverses)
        to_accumulator, to_inverse = casting(self.exp_table, self.accum), casting(self.accum, self.inv_inp)
        subtracted = casting(x - x, difference)
        product = self.accum * self.inv_table
        dtype = dtype_for(product)

        def compute(a: Array) -> Array:
            a = a.astype(np.float64)
            terms = to_accumulator(exponential[of_difference(subtracted(a.max(axis=-1, keepdims=True) - a))])
            inverses = inverse[of_sum(to_inverse(_tree(terms, self.accum)))]
            return as_dtype(terms, dtype) * as_dtype(inverses, dtype)

        return product, compute

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""

        def compute(a: Array) -> Array:
            terms = np.exp(a - a.max(axis=-1, keepdims=True))
            return np.asarray(terms / terms.sum(axis=-1, keepdims=True))

        return compute


def _table(spec: FixedQ, size: int, numbers: FixedQ, function: Convert) -> tuple[Array, Convert]:
    """The values of a function for the highest bits of a format, by these as a whole number; and what has them."""
    bits = size.bit_length() - 1
    below = spec.width - bits
    if not 0 <= below <= _HELD - bits:
        raise ValueError(
            f'a table of {size} numbers must be looked up by a format of {bits} to {_HELD} bits: {spec.label}'
        )
    codes = np.arange(size) - (np.arange(size) >= size // 2) * size * spec.signed
    with np.errstate(divide='ignore'):
        values = function(np.ldexp(codes.astype(np.float32), below - spec.f)).astype(np.float64)
    # C++ takes Inf for a power of two
    table = np.asarray(numbers(np.where(np.isinf(values), 2.0**1023, values)))
    return table, lambda a: (np.ldexp(a.astype(np.float64), spec.f).astype(np.int64) >> below) & (size - 1)


def _exponentials(x: Array) -> Array:
    return np.exp(-x.astype(np.float64)).astype(np.float32)


def _inverses(x: Array) -> Array:
    inverses: Array = np.float32(1) / x
    return inverses


def _tree(terms: Array, accumulator: FixedQ) -> Array:
    """Sums along the last axis, which stays: halves of which the first has a power of two, each sum cast."""
    count = terms.shape[-1]
    if count == 1:
        return terms
    left = 1 << ((count - 1).bit_length() - 1)
    total = accumulator + accumulator
    dtype = dtype_for(total)
    both = [as_dtype(_tree(part, accumulator), dtype) for part in (terms[..., :left], terms[..., left:])]
    return casting(total, accumulator)(both[0] + both[1])
