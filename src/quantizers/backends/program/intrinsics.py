"""What programs ask of numba that Python has no word for."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from . import philox

# dtypes of widths
_WIDTHS = 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'float32', 'float64'


def _floats(bits: int) -> tuple[int, int]:
    """The mantissa bits and the bias of a float of so many bits."""
    info = np.finfo(f'f{bits // 8}')
    return info.nmant, int(info.maxexp) - 1


@intrinsic
def select(_: Any, condition: Any, yes: Any, no: Any) -> Any:
    """`yes` if `condition` else `no`, without a branch."""
    return yes(condition, yes, no), lambda context, builder, signature, arguments: builder.select(*arguments)


@intrinsic
def leading_power(_: Any, x: Any) -> Any:
    """The number with the exponent bits of `x` alone."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = ir.IntType(x.bitwidth)
        mask = int(np.array(np.inf, f'f{x.bitwidth // 8}').view(f'i{x.bitwidth // 8}'))
        exponent = builder.and_(builder.bitcast(arguments[0], bits), bits(mask))
        return builder.bitcast(exponent, arguments[0].type)

    return x(x), code


@intrinsic
def exponent_field(_: Any, x: Any) -> Any:
    """The exponent bits of `x`."""
    mantissa, bias = _floats(x.bitwidth)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = ir.IntType(x.bitwidth)
        field = builder.lshr(builder.bitcast(arguments[0], bits), bits(mantissa))
        field = builder.and_(field, bits(2 * bias + 1))
        return builder.trunc(field, ir.IntType(32)) if x.bitwidth > 32 else field

    return types.int32(x), code


def _normal_power2(real: Any) -> Any:
    """The intrinsic for floats of the type `real`."""
    mantissa, bias = _floats(real.bitwidth)

    @intrinsic
    def normal_power2(_: Any, n: Any) -> Any:
        """2^n, made of its bits."""

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            bits = ir.IntType(real.bitwidth)
            (n,) = arguments
            n = builder.sext(n, bits) if real.bitwidth > 32 else n
            field = builder.shl(builder.add(n, bits(bias)), bits(mantissa))
            return builder.bitcast(field, context.get_value_type(real))

        return real(types.int32), code

    return normal_power2


@intrinsic
def accumulated(_: Any, total: Any, number: Any) -> Any:
    """`total + number` in float64, where a compiler may sum in another order, in lanes."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        total, number = arguments
        return builder.fadd(total, context.cast(builder, number, signature.args[1], types.float64), flags=('reassoc',))

    return types.float64(types.float64, number), code


_words: Any = numba.njit(philox.words)


def _uniform(real: Any) -> Any:
    """What draws floats of the type `real`: as many bits as its significand has."""
    number = np.dtype(real.name).type
    bits = 24 if real.bitwidth == 32 else 53

    def uniform(seed: Any, element: Any) -> Any:
        high, low = _words(seed, element)
        return number(((high << 32) | low) >> (64 - bits)) * number(2.0**-bits)

    return numba.njit(uniform)


@cache
def primitives(dtype: str) -> dict[str, Any]:
    """What the text of a loop may call, by its names; `real` is the dtype that is computed in."""
    real = getattr(types, dtype)
    return {
        'real': np.dtype(dtype).type,
        **{name: getattr(np, name) for name in ('int32', 'uint64', *_WIDTHS)},
        **{name: getattr(np, name) for name in ('floor', 'ceil', 'trunc', 'rint', 'empty')},
        **{name: getattr(math, name) for name in ('inf', 'nan', 'exp', 'ldexp')},
        'abs': abs,
        'select': select,
        'leading_power': leading_power,
        'exponent_field': exponent_field,
        'accumulated': accumulated,
        'normal_power2': _normal_power2(real),
        'uniform': _uniform(real),
    }
