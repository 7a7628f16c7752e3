"""NumPy: the formulas run block by block, so that what lies between input and output stays in the cache."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np

from .._maths import exact as exact_numbers
from .._maths import lowbit
from .._maths.exact import ExactFixed, ExactMinifloat
from .._maths.floats import FLOATS, compute_dtype
from .._validation import integer_between
from ..modes import deterministic
from ._binding import Binding, binding_for
from ._numpy_kernels import Kernel, plan_fixed, plan_minifloat
from ._numpy_xp import Array
from ._precision import warn_if_inexact

BLOCK = 16 * 1024
MAX_THREADS = 1024
# glibc gives a block's temporaries back to the kernel, and faults them in again, until it has seen a larger one freed
np.empty(8 << 20, np.uint8)
# computed in their own dtype
_DIRECT = {name: np.dtype(name) for name in ('float32', 'float64')}


class NumpyBackend:
    """Quantizes NumPy arrays, Python numbers and lists."""

    def quantize(
        self,
        spec: Any,
        x: Any,
        *,
        out: Any = None,
        training: bool = False,
        seed_gen: Any = None,
        threads: int | None = 1,
    ) -> Any:
        """See `FixedQ.__call__`."""
        # kept on the spec itself: hashing a spec at each call would cost as much as a small array's quantization
        kernels: dict[Any, Kernel] = spec.__dict__.setdefault('_numpy_kernels', {})
        if type(x) is np.ndarray and x.size <= BLOCK and out is None and not training and x.dtype in kernels:
            return kernels[x.dtype](x.reshape(-1)).reshape(x.shape)
        if training:
            refuse_training()
        x = as_real_array(x)
        name = float_name(x)
        kernel = self.kernel(spec, name, x.size)
        warn_if_inexact(spec, name, stacklevel=3)
        return apply(kernel, x, name, out, partial(exact_of, spec), threads)

    def kernel(self, spec: Any, name: str, size: int) -> Kernel:
        """The kernel of a spec for the dtype `name`, the best one for `size` elements."""
        kernels: dict[Any, Kernel] = spec.__dict__.setdefault('_numpy_kernels', {})
        binding = binding_for(size)
        if (name, binding) not in kernels:
            kernels[name, binding] = kernel = _spec_kernel(spec, name, binding)
            if binding is binding_for(0) and compute_dtype(name) == name:
                kernels[np.dtype(name)] = kernel
        return kernels[name, binding]


backend = NumpyBackend()


def _spec_kernel(spec: Any, name: str, binding: Binding) -> Kernel:
    if spec.kind == 'binary':
        return binding.binary_kernel(name)  # type: ignore[no-any-return]
    if spec.kind == 'minifloat':
        binades = plan_minifloat(spec.mantissa_bits, spec.exponent_bits, spec.exponent_zero, name)
        return binding.minifloat_kernel(binades, name)  # type: ignore[no-any-return]
    modes = spec.overflow, spec.saturation_bits, name
    return binding.fixed_kernel(plan_fixed(spec.k, spec.i, spec.f, *modes), spec.rounding, *modes)  # type: ignore[no-any-return]


def exact_of(spec: Any) -> Callable[[Any], Any]:
    """The quantizer of a spec in exact arithmetic, for one int or Fraction."""
    if spec.kind == 'minifloat':
        return ExactMinifloat(spec.mantissa_bits, spec.emin, spec.emax)
    if spec.kind == 'binary':
        return partial(lowbit.binary, exact_numbers)
    return ExactFixed(spec.k, spec.i, spec.f, deterministic(spec.rounding), spec.overflow, spec.saturation_bits)


def refuse_training() -> None:
    """Refuse `training=True`."""
    raise ValueError("'training' must be False for NumPy arrays; in Keras use quantizers.get_fixed_quantizer: True")


def as_real_array(x: Any) -> Array:
    """`x` as a NumPy array of real numbers. TypeError, with the dtype, for any other."""
    array = x if isinstance(x, np.ndarray) else _as_array(x)
    if array.dtype.kind not in 'iub' and array.dtype.name not in FLOATS:
        raise TypeError(f"'x' must be an array of real numbers of at most 64 bits: dtype {array.dtype}")
    return array


def _as_array(x: Any) -> Array:
    array = np.asarray(x)
    if array.dtype.kind in 'fO' and not hasattr(x, 'dtype'):
        items = np.asarray(x, object).flat
        if any(isinstance(item, int) and abs(item) > 2**53 for item in items):
            raise TypeError(f"'x' must be an array of int64 or uint64 for Python ints beyond 2^53: dtype {array.dtype}")
    return array


def float_name(x: Array) -> str:
    """The dtype of the result: that of `x`, float64 for integers and bools."""
    return _float_name(x.dtype)


@cache
def _float_name(dtype: np.dtype[Any]) -> str:
    return dtype.name if dtype.name in FLOATS else 'float64'


def apply(
    kernel: Kernel,
    x: Array,
    name: str,
    out: Any,
    exact: Callable[[], Callable[[Any], Any]],
    threads: int | None = 1,
) -> Array:
    """Run `kernel` over `x`.

    Args:
        kernel: quantizes a one-dimensional block of the dtype that `name` is computed in.
        x: any shape and order; never changed.
        name: the dtype of the result.
        out: where to put the result, or None.
        exact: makes the quantizer of one exact number; called for integers that float64 cannot hold.
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
    made = cache(exact)
    redo_large(source, result, lambda _: made())
    if isinstance(x, np.ma.MaskedArray):
        if out is None:
            return np.ma.MaskedArray(result, mask=np.ma.getmask(x).copy())
        if isinstance(out, np.ma.MaskedArray):
            out.mask = np.ma.getmask(x).copy()
    return result if out is None else out


def run(kernel: Kernel, source: Array, result: Array, threads: int | None = 1) -> None:
    """`kernel` of every number of `source` into `result`, of one shape, block by block or in one pass."""
    threads = (os.cpu_count() or 1) if threads is None else integer_between('threads', threads, 1, MAX_THREADS)
    if source.flags.c_contiguous and result.flags.c_contiguous:
        source, result = source.reshape(-1), result.reshape(-1)
    elif source.flags.f_contiguous and result.flags.f_contiguous:
        source, result = source.T.reshape(-1), result.T.reshape(-1)
    if threads == 1 or source.size <= BLOCK:
        _run_part(kernel, source, result)
        return
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


def redo_large(source: Array, result: Array, exact_at: Callable[[tuple[int, ...]], Callable[[Any], Any]]) -> None:
    """Integers beyond 2^53 once more, in exact arithmetic; rounded towards zero where float64 cannot hold a result.

    `exact_at(index)` gives the quantizer, of one exact number, for the element there.
    """
    if source.dtype.kind not in 'iu' or source.dtype.itemsize < 8 or not source.size:
        return
    if source.min() >= -(2**53) and source.max() <= 2**53:
        return
    for index in map(tuple, np.argwhere((source > 2**53) | (source < -(2**53)))):
        number = int(source[index])
        # a zero keeps the sign of its input, which an exact 0 has lost
        result[index] = to_float(exact_at(index)(number)) or math.copysign(0, number)


def to_float(value: Any) -> float:
    """The float64 nearest to an exact number among those not larger in magnitude; the largest for all beyond."""
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
