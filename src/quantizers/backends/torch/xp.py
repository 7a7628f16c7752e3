"""The namespace `xp` of `_maths` in PyTorch's own functions, and how they are run block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad
from torch.compiler import is_compiling
from torch.utils._python_dispatch import _get_current_dispatch_mode

from ..._maths.law import Constants, Reach
from ..._maths.namespace import Number
from ..tensors.namespace import BitNamespace

Tensor = torch.Tensor
# elements of a block: what lies between input and output stays in the caches of a few cores
BLOCK = 256 * 1024
DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name) for name in ('float16', 'bfloat16', 'float32', 'float64', 'int32', 'int64', 'bool')
}
_PLAIN = frozenset((torch.Tensor, torch.nn.Parameter))
_BITS = {torch.float32: torch.int32, torch.float64: torch.int64, torch.int32: torch.int32}


class Namespace(BitNamespace):
    """PyTorch's primitives; see `BitNamespace`."""

    rint, sigmoid, isnan = staticmethod(torch.round), staticmethod(torch.sigmoid), staticmethod(torch.isnan)

    def tensor(self, value: Number) -> Tensor:
        return as_tensor(value, self.dtype)

    def held(self, x: Tensor, /) -> Tensor:
        return x.detach()

    def abs(self, x: Tensor, /) -> Tensor:
        return x.abs()

    def floor(self, x: Tensor) -> Tensor:
        return x.floor()

    def ceil(self, x: Tensor) -> Tensor:
        return x.ceil()

    def trunc(self, x: Tensor) -> Tensor:
        # torch.trunc is a loop of single numbers on CPUs
        return torch.div(x, 1, rounding_mode='trunc')

    def minimum(self, a: Number, b: Number) -> Tensor:
        return torch.minimum(*self._alike(a, b))

    def maximum(self, a: Number, b: Number) -> Tensor:
        return torch.maximum(*self._alike(a, b))

    def clip(self, x: Tensor, low: Number, high: Number) -> Tensor:
        return self.minimum(self.maximum(x, low), high)

    def _beside(self, number: float, tensor: Tensor) -> Tensor:
        return torch.tensor(number, dtype=tensor.dtype)

    def _selected(self, condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        if not in_cache(condition):
            return torch.where(condition, yes, no)
        # torch.where is a loop of single numbers on CPUs, with a branch in it
        bits = _BITS[no.dtype]
        mask = -condition.to(bits)
        yes_bits, no_bits = yes.view(bits), no.view(bits)
        selected: Tensor = (((yes_bits ^ no_bits) & mask) ^ no_bits).view(no.dtype)
        return selected

    def zero_above(self, result: Tensor) -> Tensor:
        return result.add_(0)

    def signed_like(self, result: Tensor, x: Tensor) -> Tensor:
        """`result` with the sign of `x`."""
        return torch.copysign(result, x)

    def _view(self, x: Tensor, dtype: str) -> Tensor:
        return x.view(DTYPES[dtype])

    def _cast(self, x: Tensor, dtype: str) -> Tensor:
        return x.to(DTYPES[dtype])

    def _clamped(self, n: Tensor, low: int, high: int) -> Tensor:
        return n.clamp(low, high)

    def _shifted(self, n: Tensor, bits: int) -> Tensor:
        return n >> bits

    def _masked(self, n: Tensor, mask: int) -> Tensor:
        return n & mask

    def reach(self, x: Tensor, constants: Constants) -> Reach:
        if not in_cache(x) or not x.numel():
            return Reach.ANYWHERE
        smallest, largest = torch.aminmax(x)
        # the bounds of a very wide format are infinite themselves
        if not torch.isfinite(smallest) or not torch.isfinite(largest):
            return Reach.ANYWHERE
        if torch.all((constants.min <= smallest) & (largest <= constants.max)):
            return Reach.INSIDE
        limit = constants.limit
        return Reach.BOUNDED if torch.all((-limit <= smallest) & (largest <= limit)) else Reach.ANYWHERE


def as_tensor(value: Number, dtype: str) -> Tensor:
    """A number, a NumPy array or a tensor as a tensor of a dtype."""
    own = DTYPES[dtype]
    if isinstance(value, torch.Tensor):
        return value if value.dtype is own else value.to(own)
    return torch.tensor(value, dtype=own)


def in_cache(*tensors: Tensor) -> bool:
    """Whether all numbers are at hand, in a CPU's memory, and nobody follows what is done with them."""
    for x in tensors:
        if type(x) not in _PLAIN or x.device.type != 'cpu':
            return False
    return not (
        torch.is_grad_enabled() or is_compiling() or is_transformed() or _get_current_dispatch_mode() is not None
    )


def is_transformed() -> bool:
    """Whether there are tangents, of forward mode, or tensors that stand for others, of `torch.func`."""
    return forward_ad._current_level >= 0 or torch._C._are_functorch_transforms_active()


def by_block(
    function: Callable[..., Any], widths: tuple[Any, ...], arrays: tuple[Tensor, ...], like: Tensor | None
) -> Any:
    """`function(*arrays)`, elementwise; called with parts of the arrays, one after the other, where that is faster.

    Args:
        function: gives a tensor, or None.
        widths: what its constants are made of: tensors, NumPy arrays and ints that broadcast with the arrays.
        arrays: tensors; they are parted where they are of one shape, which is the result's.
        like: a tensor of the result's shape and dtype; None where the result is.
    """
    first = arrays[0]
    axis = _axis(arrays, widths) if in_cache(first) and first.numel() > BLOCK else None
    if axis is None:
        return function(*arrays)
    length = max(1, BLOCK * first.shape[axis] // first.numel())
    result = None if like is None else torch.empty_like(like)
    for start in range(0, first.shape[axis], length):
        size = min(length, first.shape[axis] - start)
        part = function(*(array.narrow(axis, start, size) for array in arrays))
        if result is not None:
            result.narrow(axis, start, size).copy_(part)
    return result


def _axis(arrays: tuple[Tensor, ...], widths: tuple[Any, ...]) -> int | None:
    """The longest of the leading axes along which no width changes; None where the result is larger than `x`."""
    shape = arrays[0].shape
    shapes = [torch.Size(np.shape(width)) for width in widths]
    if any(array.shape != shape for array in arrays) or torch.broadcast_shapes(shape, *shapes) != shape:  # type: ignore[no-untyped-call]
        return None
    varies = [any(own[-axis:][0] != 1 for own in shapes if len(own) >= axis) for axis in range(len(shape), 0, -1)]
    leading = range(varies.index(True) if True in varies else len(shape))
    return max(leading, key=lambda axis: shape[axis], default=None)
