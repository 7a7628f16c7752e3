"""PyTorch's own form of a function with gradients: `keras.ops.custom_gradient` cannot be compiled there."""

from __future__ import annotations

from typing import Any

import torch

from ._keras_gradient import sum_to
from ._keras_xp import device_of


class Function(torch.autograd.Function):
    """See `with_gradient`."""

    @staticmethod
    def forward(ctx: Any, forward: Any, gradients: Any, names: tuple[str, ...], *tensors: torch.Tensor) -> torch.Tensor:
        """The result, of which autograd keeps no graph."""
        result: torch.Tensor = forward(**dict(zip(names, tensors, strict=True)))
        ctx.save_for_backward(result, *tensors)
        ctx.gradients, ctx.names = gradients, names
        return result

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> Any:
        """The gradients of the tensors that need one."""
        result, *tensors = ctx.saved_tensors
        named = dict(zip(ctx.names, tensors, strict=True))
        needed = ctx.needs_input_grad[3:]
        with device_of(result):
            of = ctx.gradients(result, **named)
            own = [
                (sum_to(t, of[name](upstream[0])) if name in of else torch.zeros_like(t)) if need else None
                for (name, t), need in zip(named.items(), needed, strict=True)
            ]
        return None, None, None, *own
