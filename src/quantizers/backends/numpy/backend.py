"""NumPy: which kernel quantizes an array, and what an array may be."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ..._maths.floats import FLOATS, compute_dtype
from ..precision import warn_if_inexact
from ..subnormals import flushed, subnormals_kept
from .binding import binding_for
from .integers import integer_values
from .kernels import Kernel
from .run import BLOCK, WHOLE, apply
from .spec import FEW, kernels_of, spec_kernel
from .xp import Array


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
        if flushed():
            with subnormals_kept():
                return self.quantize(spec, x, out=out, training=training, seed_gen=seed_gen, threads=threads)
        if training:
            refuse_training()
        kernels, kind = kernels_of(spec), type(x)
        if out is None and kind in kernels.of_numbers:
            of_number = kernels.of_numbers[kind](x)
            if of_number is not None:
                return of_number
        array = x if kind is np.ndarray else as_real_array(x)
        if out is None and type(array) is np.ndarray:
            if array.size <= FEW and array.dtype in kernels.of_few:
                of_few = kernels.of_few[array.dtype](array)
                if of_few is not None:
                    return of_few
            elif FEW < array.size <= BLOCK and array.dtype in kernels.of_blocks:
                return kernels.of_blocks[array.dtype](array.reshape(-1)).reshape(array.shape)
        array = as_real_array(array)
        name = float_name(array)
        kernel = self.kernel(spec, name, array.size)
        warn_if_inexact(spec, name, stacklevel=3)
        kernels.learn(spec, kind, array, name)
        return apply(kernel, array, name, out, self._large(spec), threads)

    def kernel(self, spec: Any, name: str, size: int) -> Kernel:
        """The kernel of a spec for the dtype `name`, the best one for `size` elements."""
        kernels = kernels_of(spec)
        key = name, binding_for(size)
        if key not in kernels.bound:
            kernels.bound[key] = kernel = spec_kernel(spec, *key)
            if key[1] is binding_for(0) and compute_dtype(name) == name:
                kernels.of_blocks[np.dtype(name)] = kernel
        return kernels.bound[key]

    def _large(self, spec: Any) -> Callable[[Array], Array] | None:
        """The quantizer of a spec for integers that float64 cannot hold."""
        if not spec.law.needs_all_bits:
            return None
        return lambda x: integer_values(
            spec.law, x, spec.law_widths, lambda y, *_: self.kernel(spec, 'float64', y.size)(y)
        )


backend = NumpyBackend()


def exact_of(spec: Any) -> Callable[[Any], Any]:
    """The quantizer of a spec in exact arithmetic, for one int or Fraction."""
    return spec.law.exact(*spec.law_widths)  # type: ignore[no-any-return]


def refuse_training() -> None:
    """Refuse `training=True`."""
    raise ValueError("'training' must be False for NumPy arrays; in Keras use quantizers.get_fixed_quantizer: True")


def as_real_array(x: Any) -> Array:
    """`x` as a NumPy array of real numbers. TypeError, with the dtype, for any other."""
    array = x if isinstance(x, np.ndarray) else _as_array(x)
    if not _is_real(array.dtype):
        raise TypeError(f"'x' must be an array of real numbers of at most 64 bits: dtype {array.dtype}")
    return array


def _as_array(x: Any) -> Array:
    array = np.asarray(x)
    if array.dtype.kind in 'fO' and not hasattr(x, 'dtype') and _may_have_large(array):
        items = np.asarray(x, object).flat
        if any(isinstance(item, int) and abs(item) > WHOLE for item in items):
            raise TypeError(f"'x' must be an array of int64 or uint64 for Python ints beyond 2^53: dtype {array.dtype}")
    return array


def _may_have_large(array: Array) -> bool:
    """Whether one of the numbers that became an array may have been an integer beyond 2^53."""
    if array.dtype == object or not array.size:
        return bool(array.dtype == object)
    numbers = array.reshape(-1).tolist() if array.size <= FEW else (array.min(), array.max())
    return not (min(numbers) > -WHOLE and max(numbers) < WHOLE)


@cache
def _is_real(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in 'iub' or dtype.name in FLOATS


def float_name(x: Array) -> str:
    """The dtype of the result: that of `x`, float64 for integers and bools."""
    return _float_name(x.dtype)


@cache
def _float_name(dtype: np.dtype[Any]) -> str:
    return dtype.name if dtype.name in FLOATS else 'float64'
