"""PyTorch's own form of a function with gradients: `keras.ops.custom_gradient` cannot be compiled there."""

from __future__ import annotations

from typing import Any

import torch

from ._keras_gradient import Formulas, sum_to
from ._keras_xp import device_of
from ._torch_xp import by_block


class Function(torch.autograd.Function):
    """See `with_gradient`. The result that is kept has its derivatives by being this function's."""

    @staticmethod
    def forward(
        ctx: Any, formulas: Formulas, names: tuple[str, ...], uniform: Any, x: torch.Tensor, *widths: torch.Tensor
    ) -> torch.Tensor:
        """The result, of which autograd keeps no graph."""
        constants = formulas.constants(_wide(x), **dict(zip(names, widths, strict=True)))
        drawn = () if uniform is None else (uniform,)
        result: torch.Tensor = by_block(
            lambda x, *drawn: formulas.forward(constants, _wide(x), *drawn).to(x.dtype), constants, (x, *drawn), x
        )
        ctx.formulas, ctx.names = formulas, names
        ctx.save_for_backward(result, x, *widths, *(drawn if formulas.redraws else ()))
        return result

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> Any:
        """The gradients of the tensors that need one."""
        formulas, names = ctx.formulas, ctx.names
        q, x, *rest = ctx.saved_tensors
        widths, drawn = dict(zip(names, rest, strict=False)), rest[len(names) :]
        need_x, *need_widths = ctx.needs_input_grad[3:]
        needed = [name for name, need in zip(names, need_widths, strict=True) if need]
        to_widths = {name: torch.zeros_like(widths[name]) for name in needed}

        def run(g: torch.Tensor, q: torch.Tensor, x: torch.Tensor, *drawn: torch.Tensor) -> torch.Tensor | None:
            of, g = formulas.gradients(constants, widths, _wide(q), _wide(x), *drawn), _wide(g)
            for name in needed:
                if name in of:
                    to_widths[name] = to_widths[name] + sum_to(widths[name], of[name](g))
            return of['x'](g).to(x.dtype) if need_x else None

        with device_of(x):
            with torch.no_grad():
                constants = formulas.constants(_wide(x), **widths)
            shapes = (constants, *widths.values())
            to_x = by_block(run, shapes, (upstream[0], q, x, *drawn), x if need_x else None)
        return None, None, None, to_x, *(to_widths.get(name) for name in names)


def attach(
    formulas: Formulas,
    value: torch.Tensor,
    x: torch.Tensor,
    widths: dict[str, torch.Tensor],
    drawn: tuple[torch.Tensor, ...],
) -> torch.Tensor:
    """See `attached`."""
    assert not drawn
    if not torch.is_grad_enabled():
        return value
    # a tensor of its own, since a function's argument that is returned would be kept without its derivatives
    formulas = formulas._replace(forward=lambda _, x, value: value * 1)
    result: torch.Tensor = Function.apply(formulas, tuple(widths), value, x, *widths.values())  # type: ignore[no-untyped-call]
    return result


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x.float() if x.element_size() < 4 else x
