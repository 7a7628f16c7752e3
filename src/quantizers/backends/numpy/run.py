"""How a kernel runs over an array: in blocks that fit the cache, or in one pass, in parts on threads of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from ..._maths.floats import compute_dtype
from .kernels import Kernel
from .xp import Array

BLOCK = 32 * 1024
# all whole numbers up to here are numbers of float64
WHOLE = 2**53
# glibc gives a block's temporaries back to the kernel, and faults them in again, until it has seen a larger one freed
np.empty(8 << 20, np.uint8)
# computed in their own dtype
_DIRECT = {name: np.dtype(name) for name in ('float32', 'float64')}


def apply(
    kernel: Kernel,
    x: Array,
    name: str,
    out: Any,
    large: Callable[[Array], Array] | None,
    threads: int | None = 1,
) -> Array:
    """Run `kernel` over `x`.

    Args:
        kernel: quantizes a one-dimensional block of the dtype that `name` is computed in.
        x: any shape and order; never changed.
        name: the dtype of the result.
        out: where to put the result, or None.
        large: quantizes integers that float64 cannot hold; None where `kernel` is right for these, too.
        threads: how many parts of `x` are quantized at a time; None for as many as there are cores.
    """
    if out is not None:
        check_out(out, x.shape, name)
    elif x.size <= BLOCK and type(x) is np.ndarray and x.dtype == _DIRECT.get(name):
        return kernel(x.reshape(-1)).reshape(x.shape)
    plain = np.asarray(x)
    dtype = plain.dtype if name == plain.dtype.name else np.dtype(name)
    result = np.empty_like(plain, dtype) if out is None else np.asarray(out)
    source = plain.copy() if out is not None and out is not x and np.may_share_memory(plain, result) else plain
    run(kernel, source, result, threads)
    if large is not None:
        redo_large(source, result, large)
    return masked_as(x, result, out)


def masked_as(x: Array, result: Array, out: Any = None) -> Array:
    """`result`, or `out`, which has it, with a copy of the mask of `x` where that has one."""
    if isinstance(x, np.ma.MaskedArray):
        mask = np.ma.getmask(x).copy()
        if out is None:
            return np.ma.MaskedArray(result, mask)
        if isinstance(out, np.ma.MaskedArray):
            out.mask = mask
    return result if out is None else out


def by_parts(quantize: Callable[[Array], Array], x: Array, out: Array | None = None) -> Array:
    """Complex numbers by what quantizes their real and their imaginary parts, into `out` where there is one."""
    real, imaginary = quantize(x.real), quantize(x.imag)
    result = np.empty_like(np.asarray(real), x.dtype) if out is None else np.asarray(out)
    result.real, result.imag = real, imaginary
    return masked_as(real, result, out)


def run(kernel: Kernel, source: Array, result: Array, threads: int | None = 1) -> None:
    """`kernel` of every number of `source` into `result`, of one shape, block by block or in one pass."""
    threads = threads or os.cpu_count() or 1
    if source.flags.c_contiguous and result.flags.c_contiguous:
        source, result = source.reshape(-1), result.reshape(-1)
    elif source.flags.f_contiguous and result.flags.f_contiguous:
        source, result = source.T.reshape(-1), result.T.reshape(-1)
    if threads == 1 or source.size <= BLOCK:
        _run_part(kernel, source, result)
        return
    from concurrent.futures import ThreadPoolExecutor  # which one thread has no need of

    parts = zip(np.array_split(source, threads), np.array_split(result, threads), strict=True)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda part: _run_part(kernel, *part), parts))


def in_one_pass(kernel: Kernel, source: Array, result: Array) -> bool:
    """Whether `kernel` could fill the whole of `result` at once, as compiled kernels can, and has."""
    plain = source.dtype == result.dtype == np.dtype(compute_dtype(result.dtype.name)) and all(
        array.flags.c_contiguous and array.flags.aligned for array in (source, result)
    )
    if plain and hasattr(kernel, 'fill'):
        kernel.fill(source, result)
        return True
    return False


def _run_part(kernel: Kernel, source: Array, result: Array) -> None:
    if in_one_pass(kernel, source, result):
        return
    compute = np.dtype(compute_dtype(result.dtype.name))
    blocks = np.nditer(  # type: ignore[call-overload]  # its hints lack `contig`
        [source, result],
        ['external_loop', 'buffered', 'zerosize_ok'],
        [['readonly', 'contig', 'aligned', 'nbo'], ['writeonly']],
        [compute, result.dtype],
        casting='unsafe',
        buffersize=BLOCK,
    )
    with np.errstate(all='ignore'), blocks:
        for read, write in blocks:
            write[...] = kernel(read)


def redo_large(source: Array, result: Array, values: Callable[..., Array], *widths: Array) -> None:
    """Integers that float64 cannot hold once more, block by block: `values(x, *widths)` of those in a block."""
    if source.dtype.kind not in 'iu' or source.dtype.itemsize < 8 or not source.size:
        return
    if source.min() >= -WHOLE and source.max() <= WHOLE:
        return
    operands = [source, result, *(np.broadcast_to(w, source.shape) for w in widths)]
    each: Any = [['readonly'], ['readwrite'], *(['readonly'] for _ in widths)]
    dtypes: Any = [source.dtype.newbyteorder('='), np.float64, *(w.dtype for w in widths)]
    flags: Any = ['external_loop', 'buffered']
    blocks: Any = np.nditer(operands, flags, each, dtypes, casting='unsafe', buffersize=BLOCK)
    with blocks:
        for read, write, *own in blocks:
            large = (read > WHOLE) | (read < -WHOLE)
            if large.all():
                write[...] = values(read, *own)
            elif large.any():
                write[large] = values(read[large], *(w[large] for w in own))


def to_float(value: Any) -> float:
    """The float64 nearest to an exact number among those not larger in magnitude; the largest for all beyond.

    A float, Inf or NaN, is itself.
    """
    if isinstance(value, float):
        return value
    try:
        number = float(value)
    except OverflowError:
        return sys.float_info.max if value > 0 else -sys.float_info.max
    return float(np.nextafter(number, 0.0)) if abs(Fraction(number)) > abs(value) else number


def check_out(out: Any, shape: tuple[int, ...], name: str) -> None:
    """Refuse an `out` that cannot take the result."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"'out' must be a NumPy array: {type(out).__name__}")
    if out.shape != shape or out.dtype.name != name:
        raise ValueError(f"'out' must have shape {shape} and dtype {name}: {out.shape}, {out.dtype}")
    if not out.flags.writeable:
        raise ValueError("'out' must be writeable: it is read-only")
