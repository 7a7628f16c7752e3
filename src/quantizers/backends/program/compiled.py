"""NumPy arrays by compiled loops: a law by the widths at hand, and its gradients, each in one pass over memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache

import numpy as np

from ..._maths.floats import compute_dtype
from ..._maths.law import Cautions, Law
from ..plan import Bound
from ..widths import Array, Bounds, Widths, bounds_of, cautions, check_steps
from . import trace
from .arrangement import Arrangement, Layout
from .loops import Loop, compiled
from .program import Program


class CompiledKernel:
    """Quantizes contiguous arrays by one format."""

    def __init__(self, of: Bound) -> None:
        self.dtype = np.dtype(compute_dtype(of.target))
        widths = dict(zip(of.law.widths, of.widths, strict=True))
        selected = _selected(of.law, widths)
        rest = [width for name, width in widths.items() if name not in dict(selected)]
        self._widths = np.array(rest, np.int32)
        self._loop = _forward(of.law, of.target, of.cautions, selected, Layout(), None)

    def __call__(self, x: Array) -> Array:
        if not (x.flags.c_contiguous and x.flags.aligned):
            x = x.copy()
        result = np.empty(x.shape, self.dtype)
        self.fill(x, result)
        return result

    def fill(self, x: Array, result: Array) -> None:
        """Quantize `x` into `result`, which may be `x` itself."""
        self._loop((1, 1, x.size), self._widths, x, result)


def kernel(of: Bound) -> CompiledKernel:
    """See `numpy.kernels.kernel`."""
    return CompiledKernel(of)


def prepared(law: Law, target: str, shape: tuple[int, ...], widths: Widths) -> Callable[[Array], Array]:
    """What quantizes arrays of a shape by widths that broadcast with them, in the dtype that `target` is computed in.

    Raises ValueError for a step above the largest number of `target`.
    """
    bounds = bounds_of(widths)
    if bounds is None or 0 in shape:
        return lambda x: np.empty(shape, compute_dtype(target))
    check_steps(law, target, widths, bounds)
    return Call(law, target, shape, widths, bounds).forward


class Call:
    """A law on arrays of one shape by widths that broadcast with them.

    Args:
        bounds: those of the widths, see `bounds_of`.
    """

    def __init__(self, law: Law, target: str, shape: tuple[int, ...], widths: Widths, bounds: Bounds) -> None:
        selected = _selected(law, widths)
        self._own = {name: width for name, width in widths.items() if name not in dict(selected)}
        self._arrangement = Arrangement(shape, self._own)
        self._dtype = np.dtype(compute_dtype(target))
        self._program = law, target, cautions(law, target, bounds), selected, self._arrangement.layout

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the result."""
        return self._arrangement.shape

    def forward(self, x: Array, uniform: Array | None = None) -> Array:
        """`x` quantized, in the dtype that is computed in.

        Args:
            uniform: numbers drawn evenly from `[0, 1)`, one for each element, by which to round.
        """
        loop = _forward(*self._program, None if uniform is None else trace.given)
        result = np.empty(self._arrangement.axes.shape, self._dtype)
        self._run(loop, (x, uniform), result)
        return result.reshape(self.shape)

    def gradients(
        self, wanted: tuple[str, ...], g: Array, x: Array, q: Array, uniform: Array | None = None
    ) -> dict[str, Array]:
        """The gradients of `x` and of widths, by their names, from `g`, that of the result `q`.

        That of `x` has the shape of the result; that of a width is summed, in float64, to the width's own. A name that
        has no gradient under the law is left out.
        """
        loop, results, sums = _gradients(*self._program, wanted, None if uniform is None else trace.given)
        arrangement = self._arrangement
        each = {name: np.empty(arrangement.axes.shape, self._dtype) for name in results}
        totals = {name: arrangement.sums() for name in sums}
        self._run(loop, (x, q, g, uniform), *each.values(), *totals.values())
        gradients = {**each, **totals}
        return {
            name: gradient.reshape(self.shape)
            if name == trace.X
            else arrangement.summed_to(gradient, np.shape(self._own[name]))
            for name, gradient in gradients.items()
        }

    def _run(self, loop: Loop, given: tuple[Array | None, ...], *results: Array) -> None:
        arrangement = self._arrangement
        elements = [arrangement.elements(array, self._dtype) for array in given if array is not None]
        widths, along = arrangement.widths, arrangement.along
        loop(arrangement.axes.shape, widths, *elements, *arrangement.arrays.values(), *results, along=along)


def _selected(law: Law, widths: Widths) -> tuple[tuple[str, int], ...]:
    """The widths that choose among formulas, where these are numbers."""
    return tuple((name, width) for name, width in widths.items() if name in law.selectors and isinstance(width, int))


@lru_cache(maxsize=1024)
def _forward(
    law: Law,
    target: str,
    cautions: Cautions,
    selected: Sequence[tuple[str, int]],
    layout: Layout,
    uniform: trace.Uniform | None,
) -> Loop:
    return compiled(trace.forward(law, target, cautions, dict(selected), uniform), layout)


@lru_cache(maxsize=1024)
def _gradients(
    law: Law,
    target: str,
    cautions: Cautions,
    selected: Sequence[tuple[str, int]],
    layout: Layout,
    wanted: tuple[str, ...],
    uniform: trace.Uniform | None,
) -> tuple[Loop, list[str], list[str]]:
    """The loop, the names of its results for each element, and of those that it sums."""
    program = trace.gradients(law, target, cautions, dict(selected), wanted, uniform)
    of_elements = {trace.X, *(name for name, _ in layout.of_elements)}
    names = [result.name for result in program.results]
    each = [name for name in names if name in of_elements]
    return compiled(program, layout), each, [name for name in names if name not in of_elements]


def drawn(key: int, size: int, dtype: str) -> Array:
    """See `numpy.call.drawn`."""
    result = np.empty(size, dtype)
    _draw(dtype)((1, 1, size), np.empty((0, 1), np.int32), result, seed=key)
    return result


@cache
def _draw(dtype: str) -> Loop:
    program = Program(dtype, extreme=False)
    program.result(trace.UNIFORM, trace.drawn(program))
    return compiled(program, Layout())
