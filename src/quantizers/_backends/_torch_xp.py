"""The namespace `xp` of `_maths` in PyTorch's own functions, and how they are run block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from numpy.typing import NDArray
from torch.utils._python_dispatch import _get_current_dispatch_mode

from . import _keras_xp
from ._plan import mapped

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

    def all_between(self, x: Tensor, low: Tensor, high: Tensor) -> bool:
        if not x.numel() or not in_cache(x):
            return False
        smallest, largest = torch.aminmax(x)
        # the bounds of a very wide format are infinite themselves
        finite = torch.isfinite(smallest) & torch.isfinite(largest)
        return bool(finite & torch.all((low <= smallest) & (largest <= high)))

    def at_hand(self, width: Tensor) -> NDArray[Any] | None:
        return width.detach().numpy() if width.numel() <= BLOCK and in_cache(width) else None


def in_cache(x: Tensor) -> bool:
    """Whether the numbers are at hand, in a CPU's memory, and nobody records what is done: autograd, or a tracer."""
    plain = type(x) in (torch.Tensor, torch.nn.Parameter) and x.device.type == 'cpu'
    recorded = torch.is_grad_enabled() or _keras_xp.compiling() or _get_current_dispatch_mode() is not None
    return plain and not recorded


def by_block(function: Callable[..., Any], constants: Any, arrays: tuple[Tensor, ...], like: Tensor | None) -> Any:
    """`function(*arrays)`, elementwise; called with parts of the arrays, one after the other, where that is faster.

    Args:
        function: gives a tensor, or None.
        constants: what else it needs: tensors that broadcast with the arrays.
        arrays: tensors; they are parted where they are of one shape, which is the result's.
        like: a tensor of the result's shape and dtype; None where the result is.
    """
    first = arrays[0]
    axis = _axis(arrays, constants) if in_cache(first) and first.numel() > BLOCK else None
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


def _axis(arrays: tuple[Tensor, ...], constants: Any) -> int | None:
    """The longest of the leading axes along which no constant changes; None where the result is larger than `x`."""
    shape = arrays[0].shape
    shapes = [t.shape for t in _tensors(constants)]
    if any(array.shape != shape for array in arrays) or torch.broadcast_shapes(shape, *shapes) != shape:  # type: ignore[no-untyped-call]
        return None
    varies = [any(own[-axis:][0] != 1 for own in shapes if len(own) >= axis) for axis in range(len(shape), 0, -1)]
    leading = range(varies.index(True) if True in varies else len(shape))
    return max(leading, key=lambda axis: shape[axis], default=None)


def _tensors(constants: Any) -> Iterator[Tensor]:
    found: list[Any] = []
    mapped(found.append, constants)
    return (item for item in found if isinstance(item, Tensor))
