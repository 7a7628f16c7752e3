"""Quotients and what they leave: of C++, cut towards 0, and of Python, the integer below."""

from __future__ import annotations

import numpy as np

from .._maths import result_type as shapes
from ..formats import FixedQ
from .arithmetic import FLOAT, Integers, Operand, Result, Ufunc, fixed, holder, integers, moved_up
from .blocks import filled


def over(a: Operand, b: Operand) -> Result:
    """`a / b` of C++, cut towards 0."""
    return _divided(_cut, a, b, (max(b.spec.f, 0), 0), fixed(*shapes.over(a.spec, b.spec)))


def rest(a: Operand, b: Operand) -> Result:
    """`%` of C++, `a` less a multiple of `b`, with the sign of `a`."""
    f = max(a.spec.f, b.spec.f)
    integer = min(a.spec.integer, b.spec.integer + (a.spec.signed and not b.spec.signed))
    return _divided(_rest_of_cut, a, b, (f - a.spec.f, f - b.spec.f), fixed(integer + f, integer, a.spec.signed))


def whole_part(a: Operand, b: Operand) -> Result:
    """`a // b` of Python, the integer below the quotient."""
    f, integer = max(a.spec.f, b.spec.f), max(b.spec.signed + a.spec.integer + b.spec.f, 1)
    spec = fixed(integer, integer, a.spec.signed or b.spec.signed)
    return _divided(_below, a, b, (f - a.spec.f, f - b.spec.f), spec)


def modulo(a: Operand, b: Operand) -> Result:
    """`a % b` of Python, `a - b * (a // b)`, with the sign of `b`."""
    f, integer = max(a.spec.f, b.spec.f), b.spec.integer
    if not (a.spec.signed or b.spec.signed):
        integer = min(a.spec.integer, integer)
    return _divided(_rest_of_below, a, b, (f - a.spec.f, f - b.spec.f), fixed(integer + f, integer, b.spec.signed))


def _divided(quotient: Ufunc, a: Operand, b: Operand, up: tuple[int, int], spec: FixedQ) -> Result:
    """`quotient` of the codes, moved up."""
    if not np.all(b.codes):
        raise ZeroDivisionError('the divisor must have no 0 in it')
    bits = max(a.spec.width + up[0], b.spec.width + up[1])  # the smallest code over -1 has as many and no sign
    dtype = integers(bits)

    def put(to: Integers, x: Integers, y: Integers) -> None:
        quotient(to, *moved_up(np.empty(0, bool), x, y, up, dtype), bits)

    codes = filled(put, (dtype,), a.codes, b.codes)[0]
    return Result(codes.astype(holder(spec), copy=False), spec)


def _cut(to: Integers, x: Integers, y: Integers, bits: int) -> None:
    """The quotient, cut towards 0."""
    if bits < FLOAT:  # where the nearest float is beyond no integer
        np.copyto(to, x / y, casting='unsafe')
    else:
        np.floor_divide(x, y, out=to)
        np.add(to, 1, out=to, where=np.asarray((to < 0) & (to * y != x), bool))


def _below(to: Integers, x: Integers, y: Integers, bits: int) -> None:
    """The integer below the quotient."""
    if bits < FLOAT:
        np.copyto(to, np.floor(x / y), casting='unsafe')
    else:
        np.floor_divide(x, y, out=to)


def _rest_of_cut(to: Integers, x: Integers, y: Integers, bits: int) -> None:
    if to.dtype == object:
        _cut(to, x, y, bits)
        np.subtract(x, to * y, out=to)
    else:
        np.fmod(x, y, out=to)


def _rest_of_below(to: Integers, x: Integers, y: Integers, bits: int) -> None:
    np.remainder(x, y, out=to)
