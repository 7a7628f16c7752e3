"""A law as one function of autograd's, and of `torch.func`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch.autograd import forward_ad
from torch.compiler import is_compiling

from .arrays import array_call
from .random import numbers
from .xp import KERNELS_ON, at_hand

if TYPE_CHECKING:
    from ..tensors.gradient import Formulas, Widths
    from .library import TorchLibrary


class Direct(Protocol):
    """A law on one tensor by the widths of one call, whose numbers are at hand."""

    def forward(self, x: torch.Tensor, source: torch.Tensor | None) -> torch.Tensor:
        """The result, in `x`'s dtype, by random numbers of a source."""

    def gradients(
        self, wanted: tuple[str, ...], g: torch.Tensor, x: torch.Tensor, q: torch.Tensor, source: torch.Tensor | None
    ) -> dict[str, torch.Tensor]:
        """The gradients of `x` and of widths by their names; a name that has none under the law is left out."""


@dataclass(frozen=True, repr=False)
class Call:
    """What a call is of, beside its tensors; none of it is looked into by `torch.func`."""

    library: TorchLibrary
    formulas: Formulas
    names: tuple[str, ...]  # of the widths

    def __repr__(self) -> str:
        # by which `torch.jit.trace` compares two traces of a function
        return f'{self.formulas.law}, {self.names}'

    def named(self, tensors: Sequence[torch.Tensor]) -> tuple[Widths, torch.Tensor | None]:
        """The widths by their names, and what numbers are drawn of, which comes after them."""
        return dict(zip(self.names, tensors, strict=False)), next(iter(tensors[len(self.names) :]), None)

    def drawn(self, source: torch.Tensor | None, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Random numbers, of a key; what is no key is what comes after `x` already."""
        if source is None:
            return ()
        return (source if source.is_floating_point() else numbers(source, tuple(x.shape), self.formulas.xp.dtype),)

    def redrawn(self, source: torch.Tensor | None, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The same for gradients, where they need it."""
        return self.drawn(source, x) if self.formulas.redraws else ()


class Differentiable(torch.autograd.Function):
    """The result that is kept has its derivatives by being this function's."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> torch.Tensor:
        """The result, of which autograd keeps no graph."""
        # named, these would be as many as two widths leave without `ctx`, by which torch.compile leaves it out
        call, source, x, *widths = inputs
        result, ctx.direct = _alone(call, source, x, tuple(widths))
        _keep(ctx, call, source, result, x, *widths)
        return result

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> Any:
        """The gradients of the tensors that need one."""
        call, library, formulas = ctx.call, ctx.call.library, ctx.call.formulas
        q, x, *rest = ctx.saved_tensors
        widths, source = call.named(rest)
        need_x, *need_widths = ctx.needs_input_grad[2:]
        needed = [name for name, need in zip(call.names, need_widths, strict=True) if need]
        if ctx.direct is not None and at_hand(x.device, upstream[0]):
            wanted = (*(['x'] if need_x else []), *needed)
            found = ctx.direct.gradients(wanted, upstream[0], x, q, source)
            zeros = {name: torch.zeros_like(widths[name]) for name in needed if name not in found}
            to_x = found['x'].to(x.dtype) if need_x else None
            to_widths = {name: found[name].to(widths[name]) for name in needed if name in found} | zeros
            return None, None, to_x, *(to_widths.get(name) for name in call.names)
        with library.on_device_of(x):
            drawn = call.redrawn(source, x)
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
    def forward(call: Call, source: Any, x: torch.Tensor, *widths: torch.Tensor) -> torch.Tensor:
        """The result."""
        return _forward(call, source, x, widths)[0]

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        """What is kept, at each level of transformations."""
        call, source, *tensors = inputs
        ctx.direct = None
        ctx.save_for_forward(*_keep(ctx, call, source, output, *tensors))

    # as torch.compile, left by a call to Python, would take it up again and fail
    backward = staticmethod(torch.compiler.disable(Differentiable.backward))  # type: ignore[no-untyped-call]

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> torch.Tensor:
        """The tangent of the result: the sum of what those of `x` and of each width make of it."""
        call = ctx.call
        # PyTorch turns forward mode off here for all levels, and the next one's derivatives would be 0
        with forward_ad._set_fwd_grad_enabled(True):
            q, x, *rest = (forward_ad.unpack_dual(tensor).primal for tensor in ctx.saved_tensors)  # type: ignore[no-untyped-call]
            widths, source = call.named(rest)
            with call.library.on_device_of(x):
                drawn = call.redrawn(source, x)
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


def _keep(ctx: Any, call: Call, source: Any, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The result, `x`, the widths and, where gradients need it, what was drawn or its key, kept for gradients."""
    keeps = source is not None and (call.formulas.redraws or not source.is_floating_point())
    ctx.call, kept = call, (*tensors, *([source] if keeps else ()))
    ctx.save_for_backward(*kept)
    return kept


def _alone(
    call: Call, source: Any, x: torch.Tensor, tensors: tuple[torch.Tensor, ...]
) -> tuple[torch.Tensor, Direct | None]:
    """`_forward`, which `torch.jit.trace` has as one node and does not look into."""
    tracing = None if is_compiling() else torch._C._get_tracing_state()
    if tracing is None:
        return _forward(call, source, x, tensors)
    torch._C._set_tracing_state(None)  # type: ignore[attr-defined]
    try:
        return _forward(call, source, x, tensors)
    finally:
        torch._C._set_tracing_state(tracing)  # type: ignore[attr-defined]


def _forward(
    call: Call, source: Any, x: torch.Tensor, tensors: tuple[torch.Tensor, ...]
) -> tuple[torch.Tensor, Direct | None]:
    """The result, and what computed it where that gives the gradients, too."""
    formulas, (widths, _) = call.formulas, call.named(tensors)
    if x.is_meta:  # as in the symbolic build of a layer, which asks for the shape alone
        shapes = (np.shape(width) for width in (x, *formulas.known, *widths.values()))
        return x.new_empty(torch.broadcast_shapes(*shapes)), None  # type: ignore[no-untyped-call]
    direct = _direct(formulas, x, widths, source)
    if direct is not None:
        return direct.forward(x, source), direct
    drawn = call.drawn(source, x)
    result: torch.Tensor = formulas.forward(formulas.constants_of(x, widths), _wide(x), *drawn).to(x.dtype)
    return result, None


def _direct(formulas: Formulas, x: torch.Tensor, widths: Widths, source: torch.Tensor | None) -> Direct | None:
    """What computes a law on the numbers at hand; None where there is nothing, or somebody follows what is done."""
    if x.device.type != KERNELS_ON:
        return array_call(formulas, x, widths)
    from .kernels import kernel_call  # which imports Triton

    return kernel_call(formulas, x, widths, source)


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x.float() if x.element_size() < 4 else x
