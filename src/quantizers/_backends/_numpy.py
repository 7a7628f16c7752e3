"""NumPy: which kernel quantizes an array, and what an array may be."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from .._maths import exact as exact_numbers
from .._maths import lowbit
from .._maths.exact import ExactFixed, ExactMinifloat
from .._maths.floats import FLOATS, compute_dtype
from ..modes import deterministic
from ._binding import Binding, binding_for
from ._numpy_kernels import Kernel, plan_fixed, plan_minifloat
from ._numpy_run import BLOCK, apply
from ._numpy_xp import Array
from ._precision import warn_if_inexact


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
