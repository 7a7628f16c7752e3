"""PyTorch's answers of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.compiler import assume_constant_result, is_compiling, is_dynamo_compiling

from ..._maths.floats import FLOATS, UNBOUNDED
from ..blocks import missing
from ..tensors.library import Function, Plain
from ..tensors.of_keras import floatx
from .function import Call, Differentiable, Transformable
from .random import key_of, numbers
from .xp import KERNELS_ON, Namespace, as_tensor, is_transformed

if TYPE_CHECKING:
    from ..tensors.gradient import Formulas, Widths

# which PyTorch 2.6 has not, where an exported program has kernels
is_exporting = getattr(torch.compiler, 'is_exporting', lambda: False)
_NAMES = {dtype: str(dtype).removeprefix('torch.') for dtype in vars(torch).values() if isinstance(dtype, torch.dtype)}


def _outside_of_graphs(function: Function) -> Function:
    """A function that `torch.compile` calls from without its graph, and refuses under `fullgraph=True`."""
    why = 'PyTorch before 2.12 loses the gradients of a quantizer in a graph: compile without fullgraph=True'
    try:
        return torch.compiler.disable(function, reason=why)  # type: ignore[no-any-return, no-untyped-call]
    except TypeError:  # PyTorch 2.6 takes no reason
        return torch.compiler.disable(function)  # type: ignore[no-any-return, no-untyped-call]


_RELEASE = tuple(map(int, torch.__version__.split('.')[:2]))
_apply = Differentiable.apply if _RELEASE >= (2, 12) else _outside_of_graphs(Differentiable.apply)


class TorchLibrary(Plain):
    """PyTorch's own functions. See `tensors.library.Library`."""

    name = 'torch'

    def __init__(self) -> None:
        self._namespaces = {target: Namespace(target) for target in FLOATS}

    def namespace(self, target: str) -> Namespace:
        return self._namespaces[target]

    def dtype_of(self, x: torch.Tensor) -> str:
        return _NAMES[x.dtype]

    def default_float(self) -> str:
        return str(_default_float())

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, torch.Tensor)

    def is_real(self, tensor: torch.Tensor) -> bool:
        return tensor.is_floating_point()

    def made_of(self, value: object) -> torch.Tensor:
        if type(value).__module__ == 'torch.fx.proxy':
            raise TypeError(
                "'x' must be a tensor, and torch.fx traces by what knows no dtype: let torch.fx.wrap make one node of "
                f'a function that calls the quantizer: {type(value).__name__}'
            )
        if getattr(value, 'dtype', None) == 'bfloat16':  # which NumPy has of ml_dtypes, and PyTorch does not take
            return torch.as_tensor(np.array(value, np.float32)).bfloat16()
        return torch.as_tensor(np.array(value) if isinstance(value, np.ndarray | np.generic) else value)

    def tensor(self, value: Any, dtype: str) -> torch.Tensor:
        return as_tensor(value, dtype)

    def integers(self, width: Any) -> torch.Tensor:
        if isinstance(width, torch.Tensor):
            width = width.round().clamp(-UNBOUNDED, UNBOUNDED)
        return as_tensor(width, 'int32')

    def compiling(self) -> bool:
        return is_dynamo_compiling()  # `torch.export` runs Python

    def at_trace_time(self, function: Function) -> Function:
        # torch.compile would run NumPy as PyTorch
        return assume_constant_result(function)  # type: ignore[no-any-return, no-untyped-call]

    def on_device_of(self, x: torch.Tensor) -> AbstractContextManager[Any]:
        # numbers of Python and of NumPy become tensors beside it
        return nullcontext() if x.device == torch.device(_default_device()) else x.device

    def uniform(self, x: torch.Tensor, dtype: str, seed: Any) -> torch.Tensor:
        key = key_of(seed, x)
        # what `torch.func` sees is to be drawn for each sample; else it is where it is needed, of the key
        return numbers(key, tuple(x.shape), dtype) if is_transformed() else key

    def parts(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x.real, x.imag])

    def joined(self, real: torch.Tensor, imaginary: torch.Tensor) -> torch.Tensor:
        return torch.complex(real, imaginary)

    def taken(self, x: torch.Tensor, indices: Sequence[int], axis: int) -> torch.Tensor:
        return x.index_select(axis, torch.tensor(indices, device=x.device))

    def concatenated(self, tensors: Sequence[torch.Tensor], axis: int) -> torch.Tensor:
        return torch.cat([*tensors], axis)

    def in_blocks(self, x: torch.Tensor, axis: int, size: int) -> torch.Tensor:
        last = torch.nn.functional.pad(x.movedim(axis, -1), (0, missing(x.shape[axis], size)))
        return last.unflatten(-1, (-1, size))  # type: ignore[no-any-return, no-untyped-call]

    def of_blocks(self, blocks: torch.Tensor, axis: int, length: int) -> torch.Tensor:
        return blocks.flatten(-2)[..., :length].movedim(-1, axis)

    def largest(self, x: torch.Tensor, *, whole: bool) -> torch.Tensor:
        return x.amax(tuple(range(x.ndim)) if whole else -1, keepdim=True)

    def zeros_like(self, tensor: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(tensor)

    def differentiable(
        self, formulas: Formulas, x: torch.Tensor, widths: Widths, uniform: torch.Tensor | None
    ) -> torch.Tensor:
        if x.device.type == KERNELS_ON and formulas.law is not None and self.compiling() and not is_exporting():
            from .operator import quantized  # which imports Triton

            if not is_transformed():
                return quantized(formulas, x, widths, uniform)
        tensors = Call(self, formulas, tuple(widths)), uniform, x, *widths.values()
        if not is_transformed():
            return _apply(*tensors)  # type: ignore[no-any-return, no-untyped-call]
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


@assume_constant_result  # type: ignore[untyped-decorator]
def _default_float() -> str:
    return floatx(_NAMES[torch.get_default_dtype()])
