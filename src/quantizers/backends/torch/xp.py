"""The namespace `xp` of `_maths` in PyTorch's own functions."""

from __future__ import annotations

import os
from importlib.util import find_spec

import torch
from torch.autograd import forward_ad
from torch.compiler import is_compiling
from torch.utils._python_dispatch import _get_current_dispatch_mode

from ..._maths.namespace import Number
from ..tensors.namespace import BitNamespace

Tensor = torch.Tensor
DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name) for name in ('float16', 'bfloat16', 'float32', 'float64', 'int32', 'int64', 'bool')
}
# the type of the devices that have kernels, where Triton is there; by its own setting it runs them on CPUs, as NumPy
_TRITON_ON = 'cpu' if os.environ.get('TRITON_INTERPRET') == '1' else 'cuda'
KERNELS_ON = None if find_spec('triton') is None else _TRITON_ON
_PLAIN = frozenset((torch.Tensor, torch.nn.Parameter))


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
        return torch.where(condition, yes, no)

    def nan_as_zero(self, x: Tensor) -> Tensor:
        return torch.nan_to_num(x)

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


def as_tensor(value: Number, dtype: str) -> Tensor:
    """A number, a NumPy array or a tensor as a tensor of a dtype."""
    own = DTYPES[dtype]
    if isinstance(value, torch.Tensor):
        return value if value.dtype is own else value.to(own)
    return torch.tensor(value, dtype=own)


def at_hand(device: torch.device | str, *tensors: Tensor) -> bool:
    """Whether all numbers are on a device, a type of them or one, and nobody follows what is done with them."""
    for x in tensors:
        if type(x) not in _PLAIN or device not in (x.device.type, x.device):
            return False
    return not (
        torch.is_grad_enabled()
        or is_compiling()
        or is_transformed()
        or _is_batched()
        or _get_current_dispatch_mode() is not None
    )


def _is_batched() -> bool:
    """Whether gradients are those of a batch, as `torch.autograd.grad` with `is_grads_batched` has them."""
    level: int = torch._C._vmapmode_increment_nesting()  # which alone says it
    torch._C._vmapmode_decrement_nesting()
    return level > 1


def is_transformed() -> bool:
    """Whether there are tangents, of forward mode, or tensors that stand for others, of `torch.func`."""
    return forward_ad._current_level >= 0 or torch._C._are_functorch_transforms_active()
