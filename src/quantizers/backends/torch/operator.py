"""Kernels as operators of PyTorch, which `torch.compile` has in its graph as they are.

Its own kernels for GPUs fuse multiplications with sums, which gives other bits.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, cast

import torch
from torch.compiler import assume_constant_result

from ..._maths.law import Law
from .kernels import KernelCall
from .tiles import order_in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tensors.gradient import Formulas, Widths

Tensor = torch.Tensor

# of each name in a graph: a law, a dtype, the widths that are tensors, and the other ones
_CALLS: dict[str, tuple[Law, str, tuple[str, ...], tuple[Any, ...]]] = {}


def quantized(formulas: Formulas, x: Tensor, widths: Widths, key: Tensor | None) -> Tensor:
    """`x` by a law, with gradients to `x` and to the widths; in what `torch.compile` compiles."""
    law = formulas.law
    fields = [getattr(law, name) for name in type(law).__dataclass_fields__]  # type: ignore[union-attr]
    plain = (tuple(value) if isinstance(value, tuple) else value for value in fields)
    name = _named(type(law), formulas.xp.target.name, tuple(widths), formulas.known, *plain)
    result: Tensor = _quantize(name, x, [*widths.values()], key)
    return result


@assume_constant_result  # type: ignore[untyped-decorator]
def _named(kind: type[Law], target: str, names: tuple[str, ...], known: tuple[Any, ...], *fields: object) -> str:
    """The name of a call; a law comes as its class and fields, since one that is made in a graph is none yet."""
    law = kind.__new__(kind)
    values = dict(zip(kind.__dataclass_fields__, fields, strict=True))  # type: ignore[attr-defined]
    for field in dataclasses.fields(law):  # type: ignore[arg-type]  # those of a class are among the values
        value, record = values[field.name], cast('Callable[..., object]', type(field.default))
        object.__setattr__(law, field.name, record(*value) if isinstance(value, tuple) else value)
    name = f'{law} in {target} by {names} and {known}'
    _CALLS[name] = law, target, names, known
    return name


@torch.library.custom_op('quantizers::quantize', mutates_args=())
def _quantize(name: str, x: Tensor, widths: list[Tensor], key: Tensor | None) -> Tensor:
    return _call(name, x, widths, key).forward(x, key) if x.numel() else _result(name, x, widths, key)


@_quantize.register_fake
def _result(name: str, x: Tensor, widths: list[Tensor], key: Tensor | None) -> Tensor:
    return _like(x, torch.broadcast_shapes(x.shape, *(width.shape for width in widths)), key)  # type: ignore[no-untyped-call]


@torch.library.custom_op('quantizers::gradients', mutates_args=())
def _gradients(
    name: str, wanted: list[int], g: Tensor, x: Tensor, widths: list[Tensor], key: Tensor | None
) -> list[Tensor]:
    if not x.numel():
        return [torch.zeros_like(tensor) for tensor in _results(name, wanted, g, x, widths, key)]
    names, tensors = ('x', *_CALLS[name][2]), (x, *widths)
    found = _call(name, x, widths, key).gradients(tuple(names[n] for n in wanted), g, x, x, key)
    return [
        found[names[n]].to(tensors[n]).sum_to_size(tensors[n].shape)
        if names[n] in found
        else torch.zeros_like(tensors[n], memory_format=torch.contiguous_format)
        for n in wanted
    ]


@_gradients.register_fake
def _results(
    name: str, wanted: list[int], g: Tensor, x: Tensor, widths: list[Tensor], key: Tensor | None
) -> list[Tensor]:
    return [_like(x, x.shape, key) if n == 0 else widths[n - 1].new_empty(widths[n - 1].shape) for n in wanted]


def _like(x: Tensor, shape: torch.Size, key: Tensor | None) -> Tensor:
    """What lies in memory as a kernel's results do."""
    keeps = key is None and shape == x.shape and order_in_memory(tuple(x.shape), x.stride()) is not None
    return torch.empty_like(x) if keeps else x.new_empty(shape)


def _call(name: str, x: Tensor, widths: list[Tensor], key: Tensor | None) -> KernelCall:
    law, target, names, known = _CALLS[name]
    return KernelCall(law, target, known, x, dict(zip(names, widths, strict=True)), drawn=key is not None)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.name, x, widths, key = inputs
    ctx.widths = len(widths)
    ctx.save_for_backward(x, *widths, *([] if key is None else [key]))


def _backward(ctx: Any, g: Tensor) -> tuple[Any, ...]:
    x, *rest = ctx.saved_tensors
    widths, key = rest[: ctx.widths], next(iter(rest[ctx.widths :]), None)
    _, of_x, of_widths, _ = ctx.needs_input_grad
    needed = [of_x, *(of_widths if widths else [])]
    wanted = [n for n, need in enumerate(needed) if need]
    found = dict(zip(wanted, _gradients(ctx.name, wanted, g, x, widths, key), strict=True))
    return None, found.get(0), [found.get(n) for n in range(1, len(widths) + 1)], None


_quantize.register_autograd(_backward, setup_context=_keep)
