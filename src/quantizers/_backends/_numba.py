"""Kernels of one pass over memory: the formulas, traced to a scalar program, as a loop that numba compiles."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pickle import UnpicklingError
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .._maths.floats import compute_dtype
from ._numpy_xp import Array
from ._plan import Bound
from ._trace import Program, traced

Loop = Callable[[Array, Array, Array], None]


class CompiledKernel:
    """Quantizes contiguous arrays of one dtype, to whose last axes the constants of the program broadcast."""

    def __init__(self, program: Program, result: Any, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        lines = (*program.lines, f'out[row, j] = {program.text(result)}')
        constants = program.constants
        shapes = [np.shape(constant) for constant in constants]
        leading = next((n for n, size in enumerate(np.broadcast_shapes(*shapes)) if size > 1), None)
        self._axes = 0 if leading is None else max(map(len, shapes)) - leading
        # axes of the size 1 before all others say nothing
        self._constants = [np.reshape(c, np.shape(c)[max(np.ndim(c) - self._axes, 0) :]) for c in constants]
        # for the last axes that came last; a cache of the method would be a cycle, which keeps the table for long
        self._last_table: tuple[Any, Any] = None, None
        self._loop = _loop(lines, tuple(np.size(constant) > 1 for constant in constants), dtype)

    def __call__(self, x: Array) -> Array:
        if not (x.flags.c_contiguous and x.flags.aligned):
            x = x.copy()
        result = np.empty(x.shape, self.dtype)
        self.fill(x, result)
        return result

    def fill(self, x: Array, result: Array) -> None:
        """Quantize `x` into `result`, which may be `x` itself."""
        last = x.shape[x.ndim - self._axes :]
        shape = (-1, math.prod(last)) if last else (1, x.size)
        self._loop(x.reshape(shape), result.reshape(shape), self._table(last))

    def _table(self, last: tuple[int, ...]) -> Array:
        known, table = self._last_table
        if known != last:
            rows = [np.broadcast_to(constant, last).reshape(-1) for constant in self._constants]
            table = np.array(rows, self.dtype).reshape(len(rows), math.prod(last))
            self._last_table = last, table
        return table  # type: ignore[no-any-return]


def kernel(of: Bound) -> CompiledKernel:
    """See `_numpy_kernels.kernel`."""
    program = Program(of.target, of.cautions.extreme)
    return CompiledKernel(program, traced(program, of), compute_dtype(of.target))


@lru_cache(maxsize=256)
def _loop(lines: tuple[str, ...], varies: tuple[bool, ...], dtype: str) -> Loop:
    """The compiled loop of a program; numba keeps it on disk, where the next process finds it.

    Args:
        lines: the program, whose last line puts the result into `out[row, j]`.
        varies: whether each constant varies along a row.
        dtype: of all numbers.
    """
    outside = [f'c{n} = constants[{n}, 0]' for n, along in enumerate(varies) if not along]
    varying = [f'c{n} = constants[{n}, j]' for n, along in enumerate(varies) if along]
    inside = ['x = array[row, j]', *varying, *lines]
    text = '\n    '.join(
        [
            '(array, out, constants):',
            *outside,
            'for row in range(array.shape[0]):',
            '    for j in range(array.shape[1]):',
            *(f'        {line}' for line in inside),
        ]
    )
    # numba knows what it keeps by the function's name and this file
    name = f'loop_{dtype}_{hashlib.sha256(text.encode()).hexdigest()}'
    scope = {'__name__': __name__, 'real': np.dtype(dtype).type, **_PRIMITIVES}
    exec(compile(f'def {name}{text}', __file__, 'exec'), scope)
    number = getattr(types, dtype)
    source, target = (types.Array(number, 2, 'C', readonly=readonly) for readonly in (True, False))
    signature = types.void(source, target, source)
    compiled = numba.njit(nogil=True, error_model='numpy')
    loop: Any = compiled(scope[name])
    with suppress(RuntimeError):  # there is no folder to keep it in
        loop.enable_caching()
    try:
        loop.compile(signature)
    except (OSError, EOFError, UnpicklingError):  # the disk is full, or what is kept there was cut
        loop = compiled(scope[name])
        loop.compile(signature)
    loop.disable_compile()  # else it would compile once more for an array that happens to be writeable
    return loop  # type: ignore[no-any-return]


@intrinsic
def _select(_: Any, condition: Any, yes: Any, no: Any) -> Any:
    """`yes` if `condition` else `no`, without a branch."""
    return yes(condition, yes, no), lambda context, builder, signature, arguments: builder.select(*arguments)


@intrinsic
def _leading_power(_: Any, x: Any) -> Any:
    """The number with the exponent bits of `x` alone."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = ir.IntType(x.bitwidth)
        mask = int(np.array(np.inf, f'f{x.bitwidth // 8}').view(f'i{x.bitwidth // 8}'))
        exponent = builder.and_(builder.bitcast(arguments[0], bits), bits(mask))
        return builder.bitcast(exponent, arguments[0].type)

    return x(x), code


_PRIMITIVES = {
    'inf': math.inf,
    'nan': math.nan,
    'floor': np.floor,
    'ceil': np.ceil,
    'trunc': np.trunc,
    'rint': np.rint,
    'abs': abs,
    'ldexp': math.ldexp,
    'select': _select,
    'leading_power': _leading_power,
}
