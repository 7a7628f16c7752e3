"""What the namespaces of all libraries of tensors share: powers of two are made of the bits of a dtype."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ..._maths.floats import FLOATS, compute_dtype
from ..._maths.minifloat import LIFT
from ..._maths.namespace import Number
from .constants import reach
from .library import DType, Tensor


class BitNamespace(ABC):
    """The namespace `xp` of `_maths` for tensors of float32 or float64, by a few primitives; exponents are int32.

    Libraries' own `exp2` and `power` are inexact for whole exponents, in some of them.

    Args:
        target: the name of the dtype of the result; float16 and bfloat16 are computed in float32.
    """

    half = 0.5

    def __init__(self, target: DType) -> None:
        dtype = self.dtype = compute_dtype(target)
        self.compute, self.target = FLOATS[dtype], FLOATS[target]
        self._mantissa_bits = self.compute.precision - 1
        self._bits = 'int64' if dtype == 'float64' else 'int32'
        self._bias = FLOATS[dtype].largest
        self._exponent_bits = int(np.array(np.inf, dtype).view(self._bits))
        self._tiny = float(np.finfo(dtype).smallest_normal)
        self._largest = float(np.finfo(dtype).max)

    @abstractmethod
    def tensor(self, value: Number) -> Tensor:
        """A tensor of the dtype that is computed in."""

    @abstractmethod
    def _beside(self, number: float, tensor: Tensor) -> Tensor:
        """A number of Python as a tensor of another's dtype."""

    @abstractmethod
    def _selected(self, condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        """`where` of tensors."""

    @abstractmethod
    def abs(self, x: Tensor, /) -> Tensor:
        """See `_maths.namespace.Namespace`."""

    @abstractmethod
    def isnan(self, x: Tensor, /) -> Tensor:
        """See `_maths.namespace.Namespace`."""

    @abstractmethod
    def held(self, x: Tensor, /) -> Tensor:
        """`x` without derivatives."""

    @abstractmethod
    def _view(self, x: Tensor, dtype: DType) -> Tensor:
        """The same bits as another dtype."""

    @abstractmethod
    def _cast(self, x: Tensor, dtype: DType) -> Tensor:
        """Whole numbers, or truth values, as another dtype."""

    @abstractmethod
    def _clamped(self, n: Tensor, low: int, high: int) -> Tensor:
        """The nearest whole numbers in `[low, high]`."""

    @abstractmethod
    def _shifted(self, n: Tensor, bits: int) -> Tensor:
        """`floor(n / 2^bits)` of whole numbers."""

    @abstractmethod
    def _masked(self, n: Tensor, mask: int) -> Tensor:
        """The bits of whole numbers that are in `mask` too."""

    def _number(self, value: float, dtype: DType) -> Any:
        """A number of Python, as it is best combined with tensors of a dtype."""
        return value

    def _alike(self, a: Number, b: Number) -> tuple[Tensor, Tensor]:
        """Both as tensors; a number of Python takes the other's dtype."""
        if isinstance(a, int | float):
            return self._beside(a, b), b
        if isinstance(b, int | float):
            return a, self._beside(b, a)
        return a, b

    def where(self, condition: Number, yes: Number, no: Number) -> Tensor:
        if isinstance(condition, bool):
            return self.tensor(yes if condition else no)
        if isinstance(yes, int | float) and isinstance(no, int | float):
            yes = self.tensor(yes)
        return self._selected(condition, *self._alike(yes, no))

    def nan_as_zero(self, x: Tensor) -> Tensor:
        return self.where(self.isnan(x), 0, x)

    # in XLA's loops a selection costs less; and keras.ops.minimum gives float32 for float64 on some frameworks
    def minimum(self, a: Number, b: Number) -> Tensor:
        a, b = self._alike(a, b)
        return self._selected(a < b, a, b)

    def maximum(self, a: Number, b: Number) -> Tensor:
        a, b = self._alike(a, b)
        return self._selected(a > b, a, b)

    def signed_like(self, result: Tensor, x: Tensor) -> Tensor:
        """`result`, since `clip` keeps the sign of a zero."""
        return result

    def zero_above(self, result: Tensor) -> Tensor:
        # compilers take x + 0 for x
        return self.where(result == 0, 0, result)

    def quotient(self, x: Tensor, divisor: Number) -> Tensor:
        # of a constant compilers take the inverse, and a product
        return x / self.where(self.abs(x) < float('inf'), divisor, 1)

    def large(self, x: Tensor) -> Tensor:
        return self.abs(x) >= 2.0**self.compute.precision

    def clip(self, x: Tensor, low: Number, high: Number) -> Tensor:
        return self.where(x > high, high, self.where(x < low, low, x))

    def kept(self, x: Tensor) -> Tensor:
        return x

    def power2(self, n: Tensor) -> Tensor:
        first, second = self.power(n)
        return first * second

    def power(self, n: Tensor) -> tuple[Tensor, ...]:
        n = self._clamped(n, *reach(self.dtype))
        half = self._shifted(n, 1)
        return self._normal_power2(half), self._normal_power2(n - half)

    def _normal_power2(self, n: Tensor) -> Tensor:
        bits = self._cast(n + self._number(self._bias, 'int32'), self._bits)
        return self._view(bits * self._number(1 << self._mantissa_bits, self._bits), self.dtype)

    def scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        for factor in power:
            x = x * factor
        return x

    def signed_scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        return self.scale(x, power)

    def sticky_scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        y = self.scale(x, power)
        zero = self._number(0, self.dtype)
        lost = (y == zero) & (x != zero)
        return self.where(lost, self.where(x < zero, -self._tiny, self._tiny), y)

    def leading_power(self, x: Tensor) -> Tensor:
        return self._view(self._masked(self._view(x, self._bits), self._exponent_bits), self.dtype)

    def odd_exponent(self, x: Tensor) -> Tensor:
        last = self._masked(self._view(x, self._bits), 1 << self._mantissa_bits)
        return last == self._number(0, self._bits)  # as the bias is odd

    def leading_exponent(self, x: Tensor) -> Tensor:
        # subnormal numbers have no exponent of their own
        small = self.abs(x) < 1
        lifted = self.where(small, x * 2.0**LIFT, x)
        bits = self._shifted(self._view(self.leading_power(lifted), self._bits), self._mantissa_bits)
        return self._cast(bits, 'int32') - self._bias - self._cast(small, 'int32') * LIFT
