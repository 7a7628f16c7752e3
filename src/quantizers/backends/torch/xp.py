"""The namespace `xp` of `_maths` in PyTorch's own functions, and how they are run block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.compiler import is_compiling
from torch.utils._python_dispatch import _get_current_dispatch_mode

from ..._maths.law import Constants, Reach
from ..keras import xp as _keras_xp

Tensor = torch.Tensor
# elements of a block: what lies between input and output stays in the caches of a few cores
BLOCK = 256 * 1024
BITS = {torch.float32: torch.int32, torch.float64: torch.int64, torch.int32: torch.int32}


class Namespace(_keras_xp.Namespace):
    """PyTorch's primitives, which cost a fraction of `keras.ops`; see `_keras_xp.Namespace`."""

    rint, abs, sigmoid = staticmethod(torch.round), staticmethod(torch.abs), staticmethod(torch.sigmoid)

    def floor(self, x: Tensor) -> Tensor:
        return torch.floor(x)

    def ceil(self, x: Tensor) -> Tensor:
        return torch.ceil(x)

    def trunc(self, x: Tensor) -> Tensor:
        # torch.trunc is a loop of single numbers on CPUs
        return torch.div(x, 1, rounding_mode='trunc')

    def minimum(self, a: Any, b: Any) -> Tensor:
        return torch.minimum(*_keras_xp.alike(a, b))

    def maximum(self, a: Any, b: Any) -> Tensor:
        return torch.maximum(*_keras_xp.alike(a, b))

    def clip(self, x: Tensor, low: Any, high: Any) -> Tensor:
        return self.minimum(self.maximum(x, low), high)

    def where(self, condition: Any, yes: Any, no: Any) -> Tensor:
        if isinstance(condition, bool) or not in_cache(condition):
            chosen: Tensor = super().where(condition, yes, no)
            return chosen
        # torch.where is a loop of single numbers on CPUs, with a branch in it
        yes, no = (self.tensor(value) if isinstance(value, int | float) else value for value in (yes, no))
        bits = BITS[no.dtype]
        mask = -condition.to(bits)
        yes_bits, no_bits = yes.view(bits), no.view(bits)
        selected: Tensor = (((yes_bits ^ no_bits) & mask) ^ no_bits).view(no.dtype)
        return selected

    def signed_like(self, result: Tensor, x: Tensor) -> Tensor:
        return torch.copysign(result, x)

    def reach(self, x: Tensor, constants: Constants) -> Reach:
        if not x.numel() or not in_cache(x):
            return Reach.ANYWHERE
        smallest, largest = torch.aminmax(x)
        # the bounds of a very wide format are infinite themselves
        if not torch.isfinite(smallest) or not torch.isfinite(largest):
            return Reach.ANYWHERE
        if torch.all((constants.min <= smallest) & (largest <= constants.max)):
            return Reach.INSIDE
        limit = constants.limit
        return Reach.BOUNDED if torch.all((-limit <= smallest) & (largest <= limit)) else Reach.ANYWHERE


def in_cache(x: Tensor) -> bool:
    """Whether the numbers are at hand, in a CPU's memory, and nobody records what is done: autograd, or a tracer."""
    plain = type(x) in (torch.Tensor, torch.nn.Parameter) and x.device.type == 'cpu'
    recorded = torch.is_grad_enabled() or is_compiling() or _get_current_dispatch_mode() is not None
    return plain and not recorded


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
