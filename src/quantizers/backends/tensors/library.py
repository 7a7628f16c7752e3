"""What a library of tensors answers; a new one is one file that does."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from numpy.typing import NDArray

from ..._maths.law import Law
from ..._maths.namespace import Differentiable, Number

if TYPE_CHECKING:
    from .gradient import Formulas, Widths

Function = TypeVar('Function', bound=Callable[..., Any])
Tensor = Any  # of the library
DType = str  # the name of one


class TensorNamespace(Differentiable, Protocol):
    """The primitives of a library for tensors of one floating dtype; exponents are int32 tensors."""

    dtype: DType  # that is computed in

    def nan_as_zero(self, x: Tensor) -> Tensor:
        """`x`, which is not infinite, with 0 for NaN."""


class Library(Hashable, Protocol):
    """A library of tensors. What a library answers that has nothing of its own to say is `Plain`."""

    name: str

    def namespace(self, target: DType) -> TensorNamespace:
        """The primitives for results of the floating dtype `target`."""

    def dtype_of(self, x: Tensor) -> DType:
        """The name of the dtype, whichever it is."""

    def default_float(self) -> DType:
        """The name of the floating dtype in which integers are computed."""

    def is_tensor(self, value: object) -> bool:
        """Whether `value` is a tensor of this library."""

    def is_real(self, tensor: Tensor) -> bool:
        """Whether its dtype is a floating one, which alone has derivatives."""

    def made_of(self, value: object) -> Tensor:
        """A value of the library's types, or a number, a list or a NumPy array, as a tensor of its own dtype."""

    def tensor(self, value: Any, dtype: DType) -> Tensor:
        """`value`, a number, a NumPy array or a tensor, as a tensor of the dtype."""

    def integers(self, width: Number) -> Tensor:
        """A width, a tensor of real numbers, an int or a NumPy array, as int32, rounded half to even."""

    def at_hand(self, width: Tensor) -> NDArray[Any] | None:
        """The numbers of a tensor, where they are known and it costs little to look at them."""

    def compiles(self, law: Law, x: Tensor, widths: Widths) -> bool:
        """Whether a call is to be one compiled function; a call for which it is not is work done, see `worth.py`.

        Args:
            widths: those that are tensors.
        """

    def compiled(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """A function of tensors, and NumPy arrays as such, compiled when it is first called for their shapes."""

    def as_written(self, function: Function) -> Function:
        """A function that no compiler of Python is to rewrite."""

    def at_trace_time(self, function: Function) -> Function:
        """A function of constants, which a compiler is to call, not to compile."""

    def compiling(self) -> bool:
        """Whether calls are being compiled to a graph which cannot hold what Python computes."""

    def computed_once(self, constant: Tensor, x: Tensor) -> Tensor:
        """A constant that no compiler is to compute anew for each element of `x`."""

    def on_device_of(self, x: Tensor) -> AbstractContextManager[Any]:
        """Where new tensors are made on the device of `x`."""

    def uniform(self, x: Tensor, dtype: DType, seed: Any) -> Tensor:
        """Numbers drawn evenly from `[0, 1)` in the shape of `x`.

        Raises ValueError for a `seed` that is no int, no generator of the library and none of Keras'.
        """

    def parts(self, x: Tensor) -> Tensor:
        """The real and the imaginary part of complex numbers, along a new first axis."""

    def joined(self, real: Tensor, imaginary: Tensor) -> Tensor:
        """Complex numbers of their parts."""

    def taken(self, x: Tensor, indices: Sequence[int], axis: int) -> Tensor:
        """What is at these indices of an axis."""

    def concatenated(self, tensors: Sequence[Tensor], axis: int) -> Tensor:
        """Tensors one after the other, along an axis."""

    def in_blocks(self, x: Tensor, axis: int, size: int) -> Tensor:
        """Blocks of so many numbers along an axis, as the last two axes; the last one is filled up with 0."""

    def of_blocks(self, blocks: Tensor, axis: int, length: int) -> Tensor:
        """The numbers of blocks along the axis, as far as there were any."""

    def largest(self, x: Tensor, *, whole: bool) -> Tensor:
        """The largest number along the last axis, or of all, where none is NaN; every axis stays."""

    def zeros_like(self, tensor: Tensor) -> Tensor:
        """0 in the shape and dtype of `tensor`."""

    def differentiable(self, formulas: Formulas, x: Tensor, widths: Widths, uniform: Tensor | None) -> Tensor:
        """The function of `x`, in `x`'s dtype, differentiable any number of times.

        A gradient has the shape of the result and is summed to its input's own; an input without one gets 0. All that
        is kept until the backward pass are the inputs and the result.
        """

    def attached(
        self, formulas: Formulas, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...] = ()
    ) -> Tensor:
        """`value`, which is the function of `x` already, with the derivatives of `formulas` and no others."""


class Plain:
    """The answers of a library whose tensors are computed at once, as they are written."""

    def at_hand(self, width: Tensor) -> NDArray[Any] | None:
        return None

    def compiles(self, law: Law, x: Tensor, widths: Widths) -> bool:
        return False

    def compiled(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return function

    def as_written(self, function: Function) -> Function:
        return function

    def at_trace_time(self, function: Function) -> Function:
        return function

    def compiling(self) -> bool:
        return False

    def computed_once(self, constant: Tensor, x: Tensor) -> Tensor:
        return constant

    def on_device_of(self, x: Tensor) -> AbstractContextManager[Any]:
        return nullcontext()
