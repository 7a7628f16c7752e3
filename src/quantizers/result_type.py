"""The types of results: which `FixedQ` holds a sum, a difference, a product, a negation, a long sum, a dot product.

`add`, `subtract`, `multiply`, `divide` and `negate`, or `a + b`, `a - b`, `a * b`, `a / b` and `-a` of two `FixedQ`,
give the type that C++ gives the same expression of `ap_fixed` numbers. `sum_of` and `dot` give the least type; that of
the expression in C++ is as wide or wider, as it grows with each operator. `constants` gives the least type of numbers.

Formats are combined here, not values, which `FixedArray` computes. Every type holds every result exactly, that of a
quotient but for what is cut off, and has the default modes TRN and WRAP, as
the vendor's have; `dataclasses.replace` gives it others. The modes of the operands do not count, except SAT_SYM in
`sum_of` and `dot`, as its smallest value is minus the largest.

Each function raises TypeError for an operand that is no `FixedQ`, and FixedQ's own ValueError for a result of more than
4096 bits or with integer bits beyond -4096 to 4096. Source: `ap_fixed_base<>::RType` in the vendor's
`ap_fixed_base.h`; UG1399, "Arbitrary Precision Fixed-Point Data Types".

>>> from quantizers import FixedQ
>>> a, b = FixedQ(8, 3), FixedQ(6, 4, signed=False)
>>> (a + b).cpp_type, (a - b).cpp_type, (a * b).cpp_type, (-b).cpp_type
('ap_fixed<11, 6>', 'ap_fixed<11, 6>', 'ap_fixed<14, 7>', 'ap_fixed<7, 5>')
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ._checks.capabilities import Capability, can
from ._checks.fields import integer_between
from ._checks.shown import shown
from ._maths.result_type import smallest
from .backends.numpy.inputs import as_array
from .codes import code_range
from .formats import FixedQ

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ['add', 'constants', 'divide', 'dot', 'multiply', 'negate', 'subtract', 'sum_of']


def add(a: FixedQ, b: FixedQ) -> FixedQ:
    """The type of `a + b`: the larger number of integer bits and one more, the larger number of fraction bits.

    It is signed where an operand is; an unsigned one beside a signed one counts with a bit more, for the sign.
    """
    return as_fixed('a', a) + as_fixed('b', b)


def subtract(a: FixedQ, b: FixedQ) -> FixedQ:
    """The type of `a - b`: as that of `a + b`, but always signed."""
    return as_fixed('a', a) - as_fixed('b', b)


def multiply(a: FixedQ, b: FixedQ) -> FixedQ:
    """The type of `a * b`: the sums of the widths and of the integer bits, signed where an operand is."""
    return as_fixed('a', a) * as_fixed('b', b)


def divide(a: FixedQ, b: FixedQ) -> FixedQ:
    """The type of `a / b`: its step is that of `a`, divided by that of `b` where that is above 1.

    Quotients are cut there towards 0. It is signed where an operand is, with a bit more for a signed `b`.
    """
    return as_fixed('a', a) / as_fixed('b', b)


def negate(a: FixedQ) -> FixedQ:
    """The type of `-a`: signed, with one integer bit more."""
    return -as_fixed('a', a)


def sum_of(a: FixedQ, n: int) -> FixedQ:
    """The least type that holds every sum of `n` values of `a`, and so every partial sum too.

    The modes of the result are TRN and WRAP. Raises ValueError for an `n` that is no integer from 1 on.

    >>> sum_of(FixedQ(8, 3), 16).cpp_type, sum_of(FixedQ(8, 3), 17).cpp_type
    ('ap_fixed<12, 7>', 'ap_fixed<13, 8>')
    """
    low, high = code_range(as_fixed('a', a))
    n = integer_between('n', n, 1, sys.maxsize)
    return FixedQ(*smallest(n * low, n * high, a.f))


def dot(x: FixedQ | Iterable[FixedQ], weights: ArrayLike, bias: ArrayLike | None = None) -> FixedQ:
    """The least type that holds `sum(weights[j] * x[j] for j in range(n)) + bias` for all values of `x`, exactly.

    The range follows by exact interval arithmetic from the smallest and the largest value of each `x[j]`; both its ends
    occur. The step is the largest power of two of which every result is a multiple, so zeros at the low end of all
    weights save fraction bits. The type is unsigned where no result is negative, and `FixedQ(1, 1, False)` where all
    results are 0.

    An accumulator of this type that starts with the bias never leaves the range, in any order of the terms, as every
    term can be 0. A product, or a partial sum without the bias, may leave it; the final sum is exact all the same, as
    WRAP is arithmetic modulo `2^width`, where additions are associative. Where a partial sum saturates it is not.

    Args:
        x: the type of all terms, or the types of the `n` terms, one for each index of the first axis of `weights`.
        weights: the constants, of shape `(n,)` or `(n, outputs...)`; one type holds all outputs. Floats, ints of any
            size and Fractions are taken as the exact numbers they are.
        bias: constants that are added to the outputs, of a shape that broadcasts to `(outputs...)`.

    Raises:
        TypeError: a part of `x` is no FixedQ, or a constant is no real number.
        ValueError: there is no term or no output, the number of types is not `n`, `bias` does not broadcast, or a
            constant is NaN, Inf, or no integer times a power of two (1/3).

    >>> dot(FixedQ(8, 3), [0.5, -1.25, 3]).cpp_type  # from -19 to 19 - 19/128, in steps of 1/128
    'ap_fixed<13, 6>'
    >>> dot([FixedQ(4, 4, False), FixedQ(4, 2, False)], [[2, 1], [4, 0]], bias=[0, 8]).cpp_type
    'ap_ufixed<6, 6>'
    """
    multipliers, f_weights = _integers('weights', weights)
    if not multipliers.size or not multipliers.ndim:
        raise ValueError(f"'weights' must be of shape (n,) or (n, outputs...), with no 0 in it: {multipliers.shape}")
    n, *outputs = multipliers.shape
    terms = _terms(x, n)
    f_terms = max(term.f for term in terms)
    steps = np.array([1 << (f_terms - term.f) for term in terms], object)
    lows, highs = np.array([code_range(term) for term in terms], object).T
    products = multipliers.reshape(n, -1).T * steps  # in units of the finest step of all products
    up, down = np.maximum(products, 0), np.minimum(products, 0)
    constant, f_bias = _integers('bias', 0 if bias is None else bias)
    try:
        constant = np.broadcast_to(constant, outputs).reshape(-1)
    except ValueError:
        raise ValueError(f"'bias' must broadcast to the outputs, {tuple(outputs)}: {constant.shape}") from None
    f = max(f_weights + f_terms, f_bias)
    constant, shift = constant << (f - f_bias), f - f_weights - f_terms
    low = min(((up @ lows + down @ highs) << shift) + constant)
    high = max(((up @ highs + down @ lows) << shift) + constant)
    # the lowest one of all products and biases: every term can be 0, and be its product once
    ones = np.bitwise_or.reduce(products, axis=None) << shift | np.bitwise_or.reduce(constant)
    return _least(low, high, ones, f)


def constants(values: ArrayLike) -> FixedQ:
    """The least type that holds all `values`, exactly; such as the type of a layer's weights.

    Args:
        values: numbers, of any shape but with no 0 in it, as the weights of `dot`.

    Raises TypeError and ValueError as `dot` does for weights.

    >>> constants([0.5, -1.25, 3]).cpp_type, constants([0.5, 3]).cpp_type
    ('ap_fixed<5, 3>', 'ap_ufixed<3, 2>')
    """
    integers, f = _integers('values', values)
    if not integers.size:
        raise ValueError(f"'values' must have a value at least: {integers.shape}")
    return _least(integers.min(), integers.max(), np.bitwise_or.reduce(integers, axis=None), f)


def _least(low: int, high: int, ones: int, f: int) -> FixedQ:
    """The least type of the codes `low` to `high` of `f` fraction bits; `ones` are the bits that occur in them."""
    if not ones:
        return FixedQ(1, 1, False)
    zeros = (ones & -ones).bit_length() - 1
    return FixedQ(*smallest(low >> zeros, high >> zeros, f - zeros))


def as_fixed(name: str, spec: Any) -> FixedQ:
    """The argument `name`, which has to be fixed point."""
    if not can(spec, Capability.RESULT_TYPES):
        raise TypeError(
            f'{name!r} must be a FixedQ (for another format one that holds its values:'
            f" FixedQ(2, 2, overflow='SAT_SYM') for BinaryQ and TernaryQ): {shown(spec)}"
        )
    fixed: FixedQ = spec
    return fixed


def _terms(x: FixedQ | Iterable[FixedQ], n: int) -> list[FixedQ]:
    if not isinstance(x, Iterable):
        return [as_fixed('x', x)] * n
    terms = [as_fixed(f'x[{j}]', term) for j, term in enumerate(x)]
    if len(terms) != n:
        raise ValueError(f"'x' must be one FixedQ or {n}, as 'weights' has {n} terms: {len(terms)}")
    return terms


def _integers(name: str, numbers: ArrayLike) -> tuple[NDArray[Any], int]:
    """Integers in an object array and an `f` with `integers * 2^-f` equal to the numbers."""
    # of a list NumPy would make floats, where one is among the numbers
    array = as_array(numbers) if hasattr(numbers, 'dtype') else np.array(numbers, object)
    if array.dtype.kind in 'iu':
        return array.astype(object), 0
    ratios = [_ratio(name, number) for number in array.reshape(-1).tolist()]
    f = max((denominator.bit_length() for _, denominator in ratios), default=1) - 1
    result = np.empty(array.shape, object)
    result.reshape(-1)[:] = [(numerator << f) // denominator for numerator, denominator in ratios]
    return result, f


def _ratio(name: str, number: Any) -> tuple[int, int]:
    """An exact number as an integer over a power of two."""
    number = number.item() if isinstance(number, np.generic) else number
    try:
        numerator, denominator = number.as_integer_ratio()
    except AttributeError:
        raise TypeError(f'{name!r} must be real numbers: {shown(number)}') from None
    except (OverflowError, ValueError):
        raise ValueError(f'{name!r} must be finite: {shown(number)}') from None
    if denominator & (denominator - 1):
        raise ValueError(f'{name!r} must be integers times powers of two, or be rounded to such: {shown(number)}')
    return int(numerator), int(denominator)
