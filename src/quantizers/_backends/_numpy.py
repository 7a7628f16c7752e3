"""NumPy: which kernel quantizes an array, and what an array may be."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from .._capabilities import Capability, require
from .._maths.floats import FLOATS, compute_dtype
from . import _numpy_kernels, _scalar
from ._binding import Binding, binding_for
from ._numpy_integers import integer_values
from ._numpy_kernels import Kernel, bind
from ._numpy_run import BLOCK, WHOLE, apply
from ._numpy_xp import Array
from ._precision import fits, warn_if_inexact
from ._subnormals import flushed, subnormals_kept

# up to here one after the other is faster than NumPy
FEW = 8


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
        kernels, kind = _kernels(spec), type(x)
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
        kernels = _kernels(spec)
        key = name, binding_for(size)
        if key not in kernels.bound:
            kernels.bound[key] = kernel = _spec_kernel(spec, *key)
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


class Few(NamedTuple):
    """A kernel of one number, for numbers of one type."""

    kernel: Callable[[float], float]
    dtype: np.dtype[Any]  # of the result
    whole: bool  # whether these are integers, of which some are too large for the kernel

    def __call__(self, x: Any) -> Array | None:
        if self.whole and not -WHOLE <= x <= WHOLE:
            return None
        return np.array(self.kernel(float(x)), self.dtype)

    def of_array(self, x: Array) -> Array | None:
        """The same of an array of a few numbers."""
        kernel, numbers = self.kernel, x.tolist() if x.ndim == 1 else x.reshape(-1).tolist()
        if self.whole and numbers and not (min(numbers) >= -WHOLE and max(numbers) <= WHOLE):
            return None
        result = np.array([kernel(number) for number in numbers], self.dtype)
        return result if x.ndim == 1 else result.reshape(x.shape)

    def of_floats(self, x: list[Any] | tuple[Any, ...]) -> Array | None:
        """The same of a few floats of Python in a list or a tuple; None for anything else in it."""
        if len(x) > FEW or set(map(type, x)) != {float}:
            return None
        kernel = self.kernel
        return np.array([kernel(number) for number in x], self.dtype)


class SpecKernels:
    """The kernels of a spec.

    Attributes:
        bound: by the dtype's name and the binding, all of blocks.
        of_blocks: by the dtype, for arrays that are one block.
        of_numbers: by the type of a number, a list or a tuple; None is the answer where it takes the long way.
        of_few: by the dtype, for arrays of a few numbers; None likewise.
    """

    __slots__ = ('_met', '_of_float', 'bound', 'of_blocks', 'of_few', 'of_numbers')

    def __init__(self) -> None:
        self.bound: dict[tuple[str, Binding], Kernel] = {}
        self.of_blocks: dict[np.dtype[Any], Kernel] = {}
        self.of_numbers: dict[type, Callable[[Any], Array | None]] = {}
        self.of_few: dict[np.dtype[Any], Callable[[Array], Array | None]] = {}
        self._met: set[type | np.dtype[Any]] = set()
        self._of_float: Callable[[float], float] | None = None

    def learn(self, spec: Any, kind: type, array: Array, name: str) -> None:
        """Keep what quantizes the next number of the type `kind`, or the next few in an array of the dtype."""
        dtype = array.dtype
        is_number = issubclass(kind, int | float | np.generic)
        key = kind if is_number else dtype
        known = kind in self.of_numbers if is_number else dtype in self.of_few
        if known or array.size > FEW or type(array) is not np.ndarray or not dtype.isnative:
            return
        if key not in self._met:  # for one call it is not worth it
            self._met.add(key)
            return
        # Python's floats are float64; where float64 and `name` hold all values, both give the same
        if (name == 'float64' or fits(spec, name)) and (is_number or binding_for(0) is _numpy_kernels):
            if self._of_float is None:
                self._of_float = _spec_kernel(spec, 'float64', _scalar)
            few = Few(self._of_float, np.dtype(name), dtype.kind in 'iu')
            if is_number:
                self.of_numbers[kind] = few.__call__
                return
            self.of_few[dtype] = few.of_array
            if dtype == np.float64:  # which lists of floats become
                self.of_numbers[list] = self.of_numbers[tuple] = few.of_floats
        elif dtype in self.of_blocks and not is_number:
            block = self.of_blocks[dtype]
            self.of_few[dtype] = lambda x: block(x.reshape(-1)).reshape(x.shape)


def _kernels(spec: Any) -> SpecKernels:
    """Those of a spec are kept on itself, as its hash would cost as much as a small array's quantization."""
    try:
        kernels: SpecKernels = spec.__dict__['_numpy_kernels']
    except KeyError:
        kernels = spec.__dict__['_numpy_kernels'] = SpecKernels()
    return kernels


def _spec_kernel(spec: Any, name: str, binding: Binding) -> Any:
    require(spec, Capability.NUMPY)
    return binding.kernel(bind(spec.law, spec.law_widths, name))


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
