"""PyTorch's tensors in a CPU's memory as NumPy's arrays: by compiled loops, or by ufuncs.

Ufuncs are faster than PyTorch's own functions: what lies between input and result is in the cache, part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..._maths.floats import UNBOUNDED
from ..._maths.law import Law
from ..numpy import call as by_ufuncs
from ..numpy import kernels as ufuncs
from ..numpy.binding import COMPILED_FROM, binding_for
from ..subnormals import keeps_subnormals
from ..widths import Bounds, Width, bounds_of, check_steps
from ..worth import WorthWhile
from .xp import at_hand

if TYPE_CHECKING:
    from ..tensors.gradient import Formulas

Tensor = torch.Tensor
# a law on arrays of one shape by the widths of one call
_MakeCall = Callable[[dict[str, Width]], Any]
_worth_while = WorthWhile()


class ArrayCall:
    """A law on one tensor by the widths of one call."""

    def __init__(self, make: _MakeCall, widths: dict[str, Width], redraws: bool) -> None:
        self._make, self._widths, self._redraws = make, widths, redraws
        self._narrow = {name: _narrowed(width) for name, width in widths.items()}
        self._call = make(self._narrow)

    @keeps_subnormals
    def forward(self, x: Tensor, source: Tensor | None) -> Tensor:
        """The result, in `x`'s dtype."""
        return torch.from_numpy(self._call.forward(_numbers(x), *_drawn(source, x))).to(x.dtype)

    @keeps_subnormals
    def gradients(
        self, wanted: tuple[str, ...], g: Tensor, x: Tensor, q: Tensor, source: Tensor | None
    ) -> dict[str, Tensor]:
        """The gradients of `x` and of widths by their names."""
        narrowed = any(self._narrow[name] is not self._widths[name] for name in wanted if name in self._widths)
        call = self._make(self._widths) if narrowed else self._call
        found = call.gradients(wanted, *map(_numbers, (g, x, q)), *_drawn(source if self._redraws else None, x))
        return {name: torch.from_numpy(gradient) for name, gradient in found.items()}


def array_call(formulas: Formulas, x: Tensor, widths: Mapping[str, Tensor]) -> ArrayCall | None:
    """The call of a law; None where numbers are not at hand, or a width is NaN."""
    law, target = formulas.law, formulas.xp.target.name
    if law is None or not at_hand('cpu', x, *widths.values()) or not x.numel():
        return None
    known = iter(formulas.known)
    own = {name: _width(widths[name]) if name in widths else next(known) for name in law.widths}
    bounds = bounds_of(own)
    if bounds is None:
        return None
    if not widths:
        check_steps(law, target, own, bounds)  # those of tensors may be above the dtype's numbers
    size = max(x.numel(), *map(np.size, own.values())) if own else x.numel()
    return ArrayCall(_maker(law, target, tuple(x.shape), bounds, size), own, formulas.redraws)


def _maker(law: Law, target: str, shape: tuple[int, ...], bounds: Bounds, size: int) -> _MakeCall:
    """By loops where they are chosen, or after as much work as compiling them costs."""
    binding = _binding((law, target), size)
    if binding is ufuncs:
        threads = torch.get_num_threads()
        return lambda widths: by_ufuncs.Call(law, target, shape, widths, bounds, threads)
    return lambda widths: binding.Call(law, target, shape, widths, bounds)


def _binding(kind: Hashable, size: int) -> Any:
    binding = binding_for(size)
    if binding is ufuncs and _worth_while(kind, size):
        return binding_for(COMPILED_FROM)  # which imports LLVM
    return binding


def _drawn(source: Tensor | None, x: Tensor) -> tuple[NDArray[Any], ...]:
    """Numbers drawn evenly from `[0, 1)`, in the shape of `x`, of a key, or drawn already; none without these."""
    if source is None or source.is_floating_point():
        return () if source is None else (_numbers(source),)
    dtype = 'float64' if x.dtype is torch.float64 else 'float32'
    binding = _binding(('uniform', dtype), x.numel())
    draw = by_ufuncs.drawn if binding is ufuncs else binding.drawn
    return (draw(int(source), x.numel(), dtype).reshape(x.shape),)


def _numbers(tensor: Tensor) -> NDArray[Any]:
    """Those of a tensor, in a dtype that NumPy has."""
    # also those of a tensor that needs a gradient, is another's with its sign turned, or 0 without memory
    return (tensor.float() if tensor.element_size() < 4 else tensor).numpy(force=True)


def _width(tensor: Tensor) -> Width:
    numbers = _numbers(tensor)
    if numbers.ndim or np.isnan(numbers):
        return numbers
    number: float = numbers.item()
    return round(min(max(number, -UNBOUNDED), UNBOUNDED))


def _narrowed(width: Width) -> Width:
    """A width without the axes along which its memory says that it does not change."""
    if isinstance(width, int) or 0 not in width.strides:
        return width
    narrowed: NDArray[Any] = width[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in width.strides)]
    return narrowed
