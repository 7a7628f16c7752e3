"""PyTorch's answers of tensors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray
from torch.compiler import assume_constant_result, is_compiling, is_dynamo_compiling

from ..._maths.floats import FLOATS, UNBOUNDED
from ..tensors.library import Function
from .function import Call, Differentiable, Transformable
from .xp import DTYPES, Namespace, as_tensor, is_transformed

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
        return None  # where they are `arrays.py` has taken them

    def as_written(self, function: Function) -> Function:
        return function

    def compiles(self, law: Law, x: torch.Tensor, widths: Widths) -> bool:
        return False

    def compiled(self, function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        return function

    def compiling(self) -> bool:
        return is_dynamo_compiling()  # `torch.export` runs Python

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
        tensors = Call(self, formulas, tuple(widths)), uniform, x, *widths.values()
        if not is_transformed():
            return Differentiable.apply(*tensors)  # type: ignore[no-any-return, no-untyped-call]
        if is_compiling():  # which would differentiate the steps themselves, and give 0
            raise TypeError('torch.compile cannot transform a quantizer by torch.func: compile without fullgraph=True')
        return Transformable.apply(*tensors)  # type: ignore[no-any-return, no-untyped-call]

    def attached(
        self,
        formulas: Formulas,
        value: torch.Tensor,
        x: torch.Tensor,
        widths: Widths,
        drawn: tuple[torch.Tensor, ...] = (),
    ) -> torch.Tensor:
        assert not drawn
        if not (torch.is_grad_enabled() or is_compiling() or is_transformed()):
            return value
        # a tensor of its own, since a function's argument that is returned would be kept without its derivatives
        formulas = formulas._replace(forward=lambda _, x, value: value * 1)
        return self.differentiable(formulas, x, widths, value)


@assume_constant_result  # type: ignore[untyped-decorator]
def _default_device() -> str:
    return str(torch.get_default_device())
