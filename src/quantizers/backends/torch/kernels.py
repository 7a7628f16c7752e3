"""PyTorch's tensors by kernels of Triton, which quantize in one pass over memory, and give all gradients in another.

A kernel is made for a law, a dtype and which widths are tensors, and serves all their numbers. Triton compiles it for
each shape of tiles, of which `tiles.py` has few, and each alignment of addresses that it meets.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import torch
import triton
import triton.language as tl

from ..._maths.floats import compute_dtype
from ..._maths.law import ALL_CAUTIONS, Cautions, Law
from ..program import trace
from ..program.kernel import NAME, Kernel, kernel
from ..widths import Width, bounds_of, cautions, check_steps
from . import primitives
from .tiles import plan
from .xp import DTYPES, at_hand

if TYPE_CHECKING:
    from ..tensors.gradient import Formulas

Tensor = torch.Tensor


class KernelCall:
    """A law on one tensor by the widths of one call."""

    def __init__(
        self, law: Law, target: str, known: Iterable[Width], x: Tensor, widths: Mapping[str, Tensor], *, drawn: bool
    ) -> None:
        others = iter(known)
        own: dict[str, Any] = {name: widths[name] if name in widths else next(others) for name in law.widths}
        self._dtype = DTYPES[compute_dtype(target)]
        selected = tuple((n, w) for n, w in own.items() if n in law.selectors and isinstance(w, int))
        self._numbers = {n: w for n, w in own.items() if isinstance(w, int) and n not in dict(selected)}
        self._own = {n: self._tensor(w, x) for n, w in own.items() if not isinstance(w, int)}
        asked = ALL_CAUTIONS if widths else _cautions(law, target, own)
        self._law = law, target, asked, selected, tuple(self._own), drawn
        strides = None if drawn else x.stride()  # random numbers are of an element's number, in the order of its axes
        self._plan = plan(tuple(x.shape), strides, tuple(tuple(width.shape) for width in self._own.values()))
        self._at = {name: self._arranged(width) for name, width in self._own.items()}

    def forward(self, x: Tensor, source: Tensor | None) -> Tensor:
        """The result, in `x`'s dtype."""
        x = self._elements(x)
        result = torch.empty_like(x)
        self._run(_made(*self._law, wanted=None), x, key=source, results=[result], sums=[], tiles=1)
        return result

    def gradients(
        self, wanted: tuple[str, ...], g: Tensor, x: Tensor, q: Tensor, source: Tensor | None
    ) -> dict[str, Tensor]:
        """The gradients of `x` and of widths by their names; to compute `q` once more costs less than to read it."""
        made, plan = _made(*self._law, wanted=wanted), self._plan
        x = self._elements(x)
        if (g.shape, g.stride()) != (x.shape, x.stride()) or g.is_neg() or g._is_zerotensor():
            g = torch.empty_like(x).copy_(g)
        _, groups = plan.programs(plan.tiles)
        results = [torch.empty_like(x) for _ in made.kernel.results]
        # where nothing is summed they are the gradients themselves
        dtype = torch.float64 if plan.axes[0] * plan.axes[2] > 1 else self._dtype
        sums = [torch.empty((groups, plan.axes[1]), dtype=dtype, device=x.device) for _ in made.kernel.sums]
        self._run(made, x, g, key=source, results=results, sums=sums, tiles=plan.tiles)
        found = dict(zip(made.kernel.results, results, strict=True))
        for name, parts in zip(made.kernel.sums, sums, strict=True):
            found[name] = self._summed(name, parts.sum(0) if groups > 1 else parts[0])
        return found

    def _run(
        self,
        made: _Made,
        *elements: Tensor,
        key: Tensor | None,
        results: list[Tensor],
        sums: list[Tensor],
        tiles: int,
    ) -> None:
        plan = self._plan
        widths = (argument for name in made.widths for argument in self._at.get(name) or (self._numbers[name],))
        drawn = () if key is None else (key,)
        channels, groups = plan.programs(tiles)
        with _device(elements[0]):
            made.run[channels * groups,](
                *elements, *widths, *drawn, *results, *sums, *plan.axes, tiles, *plan.sides, enable_fp_fusion=False
            )

    def _tensor(self, width: Width | Tensor, x: Tensor) -> Tensor:
        return torch.as_tensor(width, dtype=self._dtype, device=x.device).resolve_neg()

    def _elements(self, x: Tensor) -> Tensor:
        """`x` as the kernel has it: in the shape of the result, with nothing between the elements."""
        x = x.resolve_neg()  # of which PyTorch may turn the sign later
        if tuple(x.shape) != self._plan.shape:
            x = x.expand(self._plan.shape)
        return x if self._plan.order is not None else x.contiguous()

    def _arranged(self, width: Tensor) -> tuple[Tensor, int]:
        """A width, one number for each channel after the other, and how far these are apart."""
        if width.numel() == 1:
            return width, 0
        plan = self._plan
        if width.numel() == plan.axes[1] == max(width.shape):  # of one axis alone
            return width.contiguous(), 1
        whole = width.reshape((1,) * (len(plan.shape) - width.ndim) + tuple(width.shape))
        if plan.order is not None:
            whole = whole.permute(plan.order)
        return whole.expand(plan.spread).contiguous(), 1

    def _summed(self, name: str, sums: Tensor) -> Tensor:
        """The gradients of all channels, summed to the width's own shape."""
        width, plan = self._own[name], self._plan
        if width.numel() == plan.axes[1]:
            if width.numel() == max((1, *width.shape)):
                return sums.reshape(width.shape)
        elif width.numel() == 1:
            return sums.sum().reshape(width.shape)
        whole = sums.reshape(plan.spread)
        if plan.order is not None:
            whole = whole.permute(*np.argsort(plan.order).tolist())
        padded = (1,) * (len(plan.shape) - width.ndim) + tuple(width.shape)
        return whole.sum_to_size(padded).reshape(width.shape)


def kernel_call(
    formulas: Formulas, x: Tensor, widths: Mapping[str, Tensor], source: Tensor | None
) -> KernelCall | None:
    """The call of a law on a tensor of a device that has kernels; None where somebody follows what is done."""
    law = formulas.law
    drawn_already = source is not None and source.is_floating_point()
    if law is None or drawn_already or not x.numel() or x._is_zerotensor():
        return None
    # a width that is one number may be on a CPU, as PyTorch has it
    beside = (width for width in widths.values() if width.device == x.device or width.ndim)
    if not at_hand(x.device, x, *beside) or not all(width.numel() for width in widths.values()):
        return None
    target, known = formulas.xp.target.name, formulas.known
    return KernelCall(law, target, known, x, widths, drawn=source is not None)


def _device(x: Tensor) -> AbstractContextManager[Any]:
    """Triton's kernels run where PyTorch says that it is."""
    return torch.cuda.device(x.device) if x.device.type == 'cuda' else nullcontext()


def _cautions(law: Law, target: str, widths: dict[str, Any]) -> Cautions:
    bounds = bounds_of(widths)
    assert bounds is not None, widths
    check_steps(law, target, widths, bounds)
    return cautions(law, target, bounds)


class _Launcher(Protocol):
    """A function of Triton's."""

    def __getitem__(self, programs: tuple[int]) -> Callable[..., object]:
        """What runs so many programs."""


class _Made(NamedTuple):
    """A kernel, and what runs it.

    Attributes:
        widths: those that are arguments, in their order.
    """

    kernel: Kernel
    run: _Launcher
    widths: tuple[str, ...]


@lru_cache(maxsize=1024)
def _made(
    law: Law,
    target: str,
    asked: Cautions,
    selected: tuple[tuple[str, int], ...],
    tensors: tuple[str, ...],
    drawn: bool,
    *,
    wanted: tuple[str, ...] | None,
) -> _Made:
    """The kernel that quantizes, or that gives the gradients that are wanted."""
    chosen, uniform = dict(selected), trace.drawn if drawn else None
    forward = trace.forward(law, target, asked, chosen, uniform)
    gradients = None if wanted is None else trace.gradients(law, target, asked, chosen, wanted, uniform)
    made = kernel(forward, gradients, tensors)
    return _Made(made, _jit(made), tuple(name for name in law.widths if name not in chosen))


def _jit(made: Kernel) -> _Launcher:
    """What runs the text of a kernel, which Triton reads as that of a file."""
    name = f'<kernel {sha256(made.text.encode()).hexdigest()} of quantizers>'
    linecache.cache[name] = len(made.text), None, made.text.splitlines(keepends=True), name
    scope: dict[str, Any] = {**vars(primitives), 'tl': tl, '__name__': __name__}
    exec(compile(made.text, name, 'exec'), scope)
    function: Callable[..., None] = scope[NAME]
    launcher: _Launcher = triton.jit(function, do_not_specialize=list(made.plain))
    return launcher
