"""PyTorch's answers of tensors, and how a law is one function of autograd's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.compiler import assume_constant_result, is_compiling

from ..._maths.floats import FLOATS, UNBOUNDED
from ..tensors.library import Function
from .arrays import ArrayCall, array_call
from .xp import BLOCK, DTYPES, Namespace, as_tensor, by_block, in_cache

if TYPE_CHECKING:
    from ..._maths.law import Law
    from ..tensors.gradient import Formulas, Widths

_NAMES = {dtype: name for name, dtype in DTYPES.items()}


class TorchLibrary:
    """PyTorch's own functions, without random numbers. See `tensors.library.Library`."""

    def __init__(self) -> None:
        self._namespaces = {target: Namespace(target) for target in FLOATS}

    def namespace(self, target: str) -> Namespace:
        return self._namespaces[target]

    def dtype_of(self, x: torch.Tensor) -> str:
        return _NAMES[x.dtype]

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, torch.Tensor)

    def is_real(self, tensor: torch.Tensor) -> bool:
        return tensor.is_floating_point()

    def tensor(self, value: Any, dtype: str) -> torch.Tensor:
        return as_tensor(value, dtype)

    def integers(self, width: Any) -> torch.Tensor:
        if isinstance(width, torch.Tensor):
            width = width.round().clamp(-UNBOUNDED, UNBOUNDED)
        return as_tensor(width, 'int32')

    def at_hand(self, width: torch.Tensor) -> NDArray[Any] | None:
        return width.numpy(force=True) if width.numel() <= BLOCK and in_cache(width) else None

    def as_written(self, function: Function) -> Function:
        return function

    def compiles(self, law: Law, x: torch.Tensor) -> bool:
        return False

    def compiled(self, function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        return function

    def compiling(self) -> bool:
        return is_compiling()

    def at_trace_time(self, function: Function) -> Function:
        # torch.compile would run NumPy as PyTorch
        return assume_constant_result(function)  # type: ignore[no-any-return, no-untyped-call]

    def computed_once(self, constant: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return constant

    def on_device_of(self, x: torch.Tensor) -> AbstractContextManager[Any]:
        # numbers of Python and of NumPy become tensors beside it
        return nullcontext() if x.device == torch.device(_default_device()) else x.device

    def summed_to(self, tensor: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        return gradient.sum_to_size(tensor.shape).to(tensor.dtype)

    def joined(self, real: torch.Tensor, imaginary: torch.Tensor) -> torch.Tensor:
        return torch.complex(real, imaginary)

    def zeros_like(self, tensor: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(tensor)

    def differentiable(
        self, formulas: Formulas, x: torch.Tensor, widths: Widths, uniform: torch.Tensor | None
    ) -> torch.Tensor:
        return _Differentiable.apply(self, formulas, tuple(widths), uniform, x, *widths.values())  # type: ignore[no-any-return, no-untyped-call]

    def attached(
        self,
        formulas: Formulas,
        value: torch.Tensor,
        x: torch.Tensor,
        widths: Widths,
        drawn: tuple[torch.Tensor, ...] = (),
    ) -> torch.Tensor:
        assert not drawn
        if not torch.is_grad_enabled():
            return value
        # a tensor of its own, since a function's argument that is returned would be kept without its derivatives
        formulas = formulas._replace(forward=lambda _, x, value: value * 1)
        return self.differentiable(formulas, x, widths, value)


@assume_constant_result  # type: ignore[untyped-decorator]
def _default_device() -> str:
    return str(torch.get_default_device())


class _Differentiable(torch.autograd.Function):
    """The result that is kept has its derivatives by being this function's."""

    @staticmethod
    def forward(
        ctx: Any,
        library: TorchLibrary,
        formulas: Formulas,
        names: tuple[str, ...],
        uniform: Any,
        x: torch.Tensor,
        *widths: torch.Tensor,
    ) -> torch.Tensor:
        """The result, of which autograd keeps no graph."""
        drawn = () if uniform is None else (uniform,)
        result, ctx.call = _forward(formulas, x, dict(zip(names, widths, strict=True)), drawn)
        ctx.library, ctx.formulas, ctx.names = library, formulas, names
        ctx.save_for_backward(result, x, *widths, *(drawn if formulas.redraws else ()))
        return result

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> Any:
        """The gradients of the tensors that need one."""
        library, formulas, names = ctx.library, ctx.formulas, ctx.names
        q, x, *rest = ctx.saved_tensors
        widths, drawn = dict(zip(names, rest, strict=False)), rest[len(names) :]
        need_x, *need_widths = ctx.needs_input_grad[4:]
        needed = [name for name, need in zip(names, need_widths, strict=True) if need]
        if ctx.call is not None and in_cache(upstream[0]):
            wanted = (*(['x'] if need_x else []), *needed)
            found = ctx.call.gradients(wanted, upstream[0], x, q, *drawn)
            zeros = {name: torch.zeros_like(widths[name]) for name in needed if name not in found}
            to_x = found['x'].to(x.dtype) if need_x else None
            to_widths = {name: found[name].to(widths[name].dtype) for name in needed if name in found} | zeros
            return None, None, None, None, to_x, *(to_widths.get(name) for name in names)
        to_widths = {name: torch.zeros_like(widths[name]) for name in needed}

        def run(g: torch.Tensor, q: torch.Tensor, x: torch.Tensor, *drawn: torch.Tensor) -> torch.Tensor | None:
            of, g = formulas.gradients(constants, widths, _wide(q), _wide(x), *drawn), _wide(g)
            for name in needed:
                if name in of:
                    to_widths[name] = to_widths[name] + library.summed_to(widths[name], of[name](g))
            return of['x'](g).to(x.dtype) if need_x else None

        with library.on_device_of(x):
            constants = formulas.constants_of(x, widths)
            known = (*formulas.known, *widths.values())
            to_x = by_block(run, known, (upstream[0], q, x, *drawn), x if need_x else None)
        return None, None, None, None, to_x, *(to_widths.get(name) for name in names)


def _forward(
    formulas: Formulas, x: torch.Tensor, widths: Widths, drawn: tuple[torch.Tensor, ...]
) -> tuple[torch.Tensor, ArrayCall | None]:
    """The result, and the call of NumPy's arrays where it is one's."""
    if x.is_meta:  # as in the symbolic build of a layer, which asks for the shape alone
        shapes = (np.shape(width) for width in (x, *formulas.known, *widths.values()))
        return x.new_empty(torch.broadcast_shapes(*shapes)), None  # type: ignore[no-untyped-call]
    call = array_call(formulas, x, widths)
    if call is not None:
        return call.forward(x, drawn), call
    constants = formulas.constants_of(x, widths)
    result: torch.Tensor = by_block(
        lambda x, *drawn: formulas.forward(constants, _wide(x), *drawn).to(x.dtype),
        (*formulas.known, *widths.values()),
        (x, *drawn),
        x,
    )
    return result, None


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x.float() if x.element_size() < 4 else x
