"""Both sides, and what differs."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks.capabilities import Capability, require
from ...backends.numpy.backend import exact_of
from ...backends.numpy.inputs import as_array
from ...cpp.types import read_spec
from ...formats import Spec
from ._causes import causes
from ._evidence import Evidence
from ._not_shown import edge_inputs, not_shown
from ._report import DiffReport, Mismatch
from ._values import differ, distances, given, inputs, quantized

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def diff(a: Spec | str, b: Spec | str | ArrayLike, x: ArrayLike | None = None) -> DiffReport:
    """Find where two formats, or a format and numbers computed elsewhere, make different values of `x`, and why.

    Values are compared exactly, at any width, from the input as it was given; 0 equals -0, and NaN (which a format
    gives for NaN, and under WRAP and WRAP_SM for Inf) equals NaN. A stochastic rounding is compared as it is at
    inference.

    A cause is what the numbers show. Where `b` is a format, those of its fields that must change in `a` to give every
    value of `b`. Where it is an array: the smallest changes of `a`, of up to three of its properties, that give every
    element of it (another rounding or overflow, an integer bit more or less, in the same width or not, a fraction bit
    more or less, another sign; for a minifloat a bit more or less); or that it holds `x` itself, or codes, or values
    rounded to its dtype, beside which a change of one property is named. Where nothing of that explains them, it is
    tried whether `b` was rounded twice (through up to 24 more fraction bits, float16 or float32), is `a` times a power
    of two, has the scale of the largest code (32767 for 32768), a zero point, or is `a` delayed by up to 1000 elements,
    in C order, of which at least half, and 16, must be there. Several that explain it equally well are all said to.
    Then where the differing inputs lie: ties of `a`, outside its range, in between; there too a change is named only if
    it explains every element there.

    Inputs show only what they meet: `RND` and `RND_CONV` differ at ties alone. So two formats without `x` are compared
    on edge inputs of both, those of `verify`. And `not_shown` of the report says what no input could have shown: each
    property of two formats that none of them tells apart, each place of `a` (ties, outside its range, in between) where
    an array `b` has none; with an input that would.

    Args:
        a: a format, or its type string of any dialect.
        b: likewise, or an array of the shape of `x`: real numbers of at most 64 bits, or ints and Fractions in an
            object array.
        x: real numbers of at most 64 bits; if not given, the edge inputs of two formats.

    Raises TypeError where `a` is no format, or `x` or `b` is not of real numbers; ValueError for a type string that is
    none, for another shape of `b`, for an array `b` without `x`, and for an `x` without elements, which would compare
    nothing.

    >>> diff('ap_fixed<8, 3, AP_RND>', 'ap_fixed<8, 3>', [0.25, 0.046875]).causes[0]
    'b differs by rounding TRN, not RND'
    >>> diff('ap_fixed<8, 3, AP_RND>', 'ap_fixed<8, 3, AP_RND_CONV>', [0.25, 0.3]).not_shown
    ('rounding RND_CONV, not RND; x = 0.015625 would (ties, midway between two values of a)',)
    """
    spec = read_spec(a)
    if spec is None:
        raise TypeError(f"'a' must be a format or its type string: {type(a).__name__}")
    other = read_spec(b)
    for each in filter(None, (spec, other)):
        require(each, Capability.DIFF)
    if x is not None:
        array = inputs(x)
    elif other is not None:
        array = edge_inputs(spec, other)
    else:
        raise ValueError("'x' must be given where 'b' is no format: the inputs that it was made of")
    if not array.size:
        raise ValueError(f"'x' must have at least one element to be compared: shape {array.shape}")
    ours = quantized(spec, array)
    theirs = given(b, array.shape) if other is None else quantized(other, array)
    dtype = as_array(b).dtype if other is None else None
    different = differ(ours, theirs)
    name = f'an array of {dtype}' if other is None else other.label
    count = int(np.count_nonzero(different))
    evidence = Evidence(array.reshape(-1), ours.reshape(-1), theirs.reshape(-1), different.reshape(-1), dtype)
    missing = not_shown(spec, other, evidence, edges=x is None)
    if not count:
        return DiffReport(spec.label, name, array.size, 0, None, None, (), missing, x is None)
    at = np.flatnonzero(different)
    worst = at[int(np.argmax(distances(ours.reshape(-1)[at], theirs.reshape(-1)[at])))]

    def mismatch(flat: np.intp) -> Mismatch:
        index = tuple(int(i) for i in np.unravel_index(flat, array.shape))
        value, p, q = (_plain(side, index) for side in (array, ours, theirs))
        index = () if x is None else index  # of an array that nobody has
        q_bits = _bits_of_value(spec, q) if other is None else _bits(other, value, q)
        return Mismatch(index, value, p, q, _bits(spec, value, p), q_bits)

    why = causes(spec, other, evidence)
    return DiffReport(spec.label, name, array.size, count, mismatch(at[0]), mismatch(worst), why, missing, x is None)


def _plain(side: NDArray[Any], index: tuple[int, ...]) -> Any:
    item = side[index]
    return item.item() if isinstance(item, np.generic) else item


def _bits(spec: Spec, x: int | float, value: int | float | Fraction) -> str | None:
    # an int as an array of its own: beyond 2^53 a Python int is refused
    number = x if isinstance(x, float) else np.array(x, np.int64 if x < 1 << 63 else np.uint64)
    return None if value != value else str(spec.to_bin(number))  # noqa: PLR0124  (NaN)


def _bits_of_value(spec: Spec, value: int | float | Fraction) -> str | None:
    """The bits of a number that some other program gave, if it is a value of the format."""
    largest = max(spec.max, -spec.min)
    if not -largest <= value <= largest or exact_of(spec)(exact := Fraction(value)) != exact:
        return None
    negative = value < 0 or (isinstance(value, float) and math.copysign(1, value) < 0)
    return f'{spec.codec.code(exact, negative) & ((1 << spec.bits) - 1):0{spec.bits}b}'
