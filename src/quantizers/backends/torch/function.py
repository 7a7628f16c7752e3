"""A law as one function of autograd's, and of `torch.func`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.autograd import forward_ad
from torch.compiler import is_compiling

from .arrays import ArrayCall, array_call
from .xp import in_cache

if TYPE_CHECKING:
    from ..tensors.gradient import Formulas, Widths
    from .library import TorchLibrary


@dataclass(frozen=True, repr=False)
class Call:
    """What a call is of, beside its tensors; none of it is looked into by `torch.func`."""

    library: TorchLibrary
    formulas: Formulas
    names: tuple[str, ...]  # of the widths

    def __repr__(self) -> str:
        # by which `torch.jit.trace` compares two traces of a function
        return f'{self.formulas.law}, {self.names}'

    def named(self, tensors: Sequence[torch.Tensor]) -> tuple[Widths, tuple[torch.Tensor, ...]]:
        """The widths by their names, and what was drawn, which comes after them."""
        return dict(zip(self.names, tensors, strict=False)), tuple(tensors[len(self.names) :])


class Differentiable(torch.autograd.Function):
    """The result that is kept has its derivatives by being this function's."""

    @staticmethod
    def forward(ctx: Any, call: Call, uniform: Any, x: torch.Tensor, *widths: torch.Tensor) -> torch.Tensor:
        """The result, of which autograd keeps no graph."""
        result, ctx.arrays = _alone(call, uniform, x, widths)
        _keep(ctx, call, uniform, result, x, *widths)
        return result

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> Any:
        """The gradients of the tensors that need one."""
        call, library, formulas = ctx.call, ctx.call.library, ctx.call.formulas
        q, x, *rest = ctx.saved_tensors
        widths, drawn = call.named(rest)
        need_x, *need_widths = ctx.needs_input_grad[2:]
        needed = [name for name, need in zip(call.names, need_widths, strict=True) if need]
        if ctx.arrays is not None and in_cache(upstream[0]):
            wanted = (*(['x'] if need_x else []), *needed)
            found = ctx.arrays.gradients(wanted, upstream[0], x, q, *drawn)
            zeros = {name: torch.zeros_like(widths[name]) for name in needed if name not in found}
            to_x = found['x'].to(x.dtype) if need_x else None
            to_widths = {name: found[name].to(widths[name].dtype) for name in needed if name in found} | zeros
            return None, None, to_x, *(to_widths.get(name) for name in call.names)
        with library.on_device_of(x):
            of = formulas.gradients(formulas.constants_of(x, widths), widths, _wide(q), _wide(x), *drawn)
            g = _wide(upstream[0])
            to_x = of['x'](g).to(x.dtype) if need_x else None
            to_widths = {
                name: of[name](g).sum_to_size(width.shape).to(width.dtype) if name in of else torch.zeros_like(width)
                for name, width in widths.items()
                if name in needed
            }
        return None, None, to_x, *(to_widths.get(name) for name in call.names)


class Transformable(Differentiable):
    """The same with tangents, and for a batch; a class of its own, as `torch.compile` takes none with tangents."""

    @staticmethod
    def forward(call: Call, uniform: Any, x: torch.Tensor, *widths: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """The result."""
        return _forward(call, uniform, x, widths)[0]

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        """What is kept, at each level of transformations."""
        call, uniform, *tensors = inputs
        ctx.arrays = None
        ctx.save_for_forward(*_keep(ctx, call, uniform, output, *tensors))

    # as torch.compile, left by a call to Python, would take it up again and fail
    backward = staticmethod(torch.compiler.disable(Differentiable.backward))  # type: ignore[no-untyped-call]

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> torch.Tensor:
        """The tangent of the result: the sum of what those of `x` and of each width make of it."""
        call = ctx.call
        # PyTorch turns forward mode off here for all levels, and the next one's derivatives would be 0
        with forward_ad._set_fwd_grad_enabled(True):
            q, x, *rest = (forward_ad.unpack_dual(tensor).primal for tensor in ctx.saved_tensors)  # type: ignore[no-untyped-call]
            widths, drawn = call.named(rest)
            with call.library.on_device_of(x):
                along = dict(zip(('x', *call.names), tangents[2:], strict=True))
                return call.formulas.tangent_of(q, x, widths, drawn, along)  # type: ignore[no-any-return]

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], call: Call, *tensors: Any) -> tuple[torch.Tensor, int]:
        """A batch is one more axis, before all those that broadcast."""
        own = [
            0 if tensor is None else tensor.ndim - (dim is not None)
            for tensor, dim in zip(tensors, in_dims[1:], strict=True)
        ]
        axes = max(*own, *map(np.ndim, call.formulas.known))

        def leading(tensor: torch.Tensor, dim: int) -> torch.Tensor:
            tensor = tensor.movedim(dim, 0)
            return tensor.reshape(tensor.shape[0], *(1,) * (axes + 1 - tensor.ndim), *tensor.shape[1:])

        batched = (t if dim is None else leading(t, dim) for t, dim in zip(tensors, in_dims[1:], strict=True))
        return Transformable.apply(call, *batched), 0  # type: ignore[no-untyped-call]


def _keep(ctx: Any, call: Call, uniform: Any, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The result, `x`, the widths and, where gradients need it, what was drawn, kept for the backward pass."""
    ctx.call, kept = call, (*tensors, *([uniform] if uniform is not None and call.formulas.redraws else ()))
    ctx.save_for_backward(*kept)
    return kept


def _alone(
    call: Call, uniform: Any, x: torch.Tensor, tensors: tuple[torch.Tensor, ...]
) -> tuple[torch.Tensor, ArrayCall | None]:
    """`_forward`, which `torch.jit.trace` has as one node and does not look into."""
    tracing = None if is_compiling() else torch._C._get_tracing_state()
    if tracing is None:
        return _forward(call, uniform, x, tensors)
    torch._C._set_tracing_state(None)  # type: ignore[attr-defined]
    try:
        return _forward(call, uniform, x, tensors)
    finally:
        torch._C._set_tracing_state(tracing)  # type: ignore[attr-defined]


def _forward(
    call: Call, uniform: Any, x: torch.Tensor, tensors: tuple[torch.Tensor, ...]
) -> tuple[torch.Tensor, ArrayCall | None]:
    """The result, and the call of NumPy's arrays where it is one's."""
    formulas, drawn = call.formulas, () if uniform is None else (uniform,)
    widths, _ = call.named(tensors)
    if x.is_meta:  # as in the symbolic build of a layer, which asks for the shape alone
        shapes = (np.shape(width) for width in (x, *formulas.known, *widths.values()))
        return x.new_empty(torch.broadcast_shapes(*shapes)), None  # type: ignore[no-untyped-call]
    arrays = array_call(formulas, x, widths)
    if arrays is not None:
        return arrays.forward(x, drawn), arrays
    result: torch.Tensor = formulas.forward(formulas.constants_of(x, widths), _wide(x), *drawn).to(x.dtype)
    return result, None


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x.float() if x.element_size() < 4 else x
