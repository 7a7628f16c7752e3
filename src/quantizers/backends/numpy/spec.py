"""The kernels of a spec, kept on itself: those of blocks, of small arrays, and of single numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..._checks.capabilities import Capability, require
from ..precision import fits
from ..program import scalar
from . import kernels as numpy_kernels
from .binding import Binding, binding_for
from .kernels import Kernel, bind
from .run import WHOLE
from .xp import Array

# up to here one after the other is faster than NumPy
FEW = 8


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
        if issubclass(kind, np.longdouble):  # of which the next may be refused
            return
        if key not in self._met:  # for one call it is not worth it
            self._met.add(key)
            return
        # Python's floats are float64; where float64 and `name` hold all values, both give the same
        alike = name == 'float64' or (fits(spec, name) and not spec.by_dtype)
        if alike and (is_number or binding_for(0) is numpy_kernels):
            if self._of_float is None:
                self._of_float = spec_kernel(spec, 'float64', scalar)
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


def kernels_of(spec: Any) -> SpecKernels:
    """Those of a spec are kept on itself, as its hash would cost as much as a small array's quantization."""
    try:
        kernels: SpecKernels = spec.__dict__['_numpy_kernels']
    except KeyError:
        kernels = spec.__dict__['_numpy_kernels'] = SpecKernels()
    return kernels


def spec_kernel(spec: Any, name: str, binding: Binding) -> Any:
    """The kernel of a spec for results of the dtype `name`, by a binding."""
    require(spec, Capability.NUMPY)
    return binding.kernel(bind(spec.law, spec.law_widths, name))
