"""A law of tensors with the derivatives of its surrogate gradients, summed to the shape of each input."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from ..._maths.law import Constants, Gradients, Law
from ..._maths.laws import RoundingLaw
from ..._maths.surrogate import LN2
from ..._maths.view import View
from .library import Library, Tensor, TensorNamespace

Widths = dict[str, Tensor]  # by their names


class Formulas(NamedTuple):
    """A function of `x` and widths, elementwise, and its gradients; in the dtype of `xp`.

    Where random numbers are drawn they come after `x`. The result, `x` and the widths that `gradients` is given have
    their derivatives, so that those of a gradient follow; the constants have none.
    """

    library: Library
    xp: TensorNamespace
    constants: Callable[..., Constants]  # of `x` and the widths by their names
    forward: Callable[..., Tensor]  # of the constants and `x`
    gradients: Callable[..., Gradients]  # of the constants, the widths, the result and `x`
    known: tuple[Any, ...] = ()  # widths that are no tensors, arrays or ints
    redraws: bool = False  # whether `gradients` needs the random numbers, too
    law: Law | None = None  # what all this is of

    def constants_of(self, x: Tensor, widths: Widths) -> Constants:
        """The constants, which have no derivatives."""
        numbers = {name: self.number(width) if self.library.is_real(width) else width for name, width in widths.items()}
        return self.constants(self.number(x), **numbers)

    def number(self, tensor: Tensor) -> Tensor:
        """A tensor without derivatives, of the dtype that is computed in."""
        # what JAX differentiates by may be a number of Python, which has no shape
        return self.library.tensor(self.xp.held(tensor), self.xp.dtype)

    def gradients_of(
        self,
        g: Tensor,
        value: Tensor,
        x: Tensor,
        widths: Widths,
        drawn: tuple[Tensor, ...],
        summed_to: Callable[[Tensor, Tensor], Tensor],
    ) -> list[Tensor | None]:
        """The gradients to `x` and to each width; None for integers.

        Args:
            summed_to: of a tensor and its gradient, gives that in the tensor's own shape and dtype.
        """

        def wide(tensor: Tensor) -> Tensor:
            return self.library.tensor(tensor, self.xp.dtype)

        reals = {name: width for name, width in widths.items() if self.library.is_real(width)}
        of, g = self.gradients(self.constants_of(x, widths), reals, wide(value), wide(x), *drawn), wide(g)

        def gradient(name: str, tensor: Tensor) -> Tensor | None:
            if name in widths and name not in reals:
                return None
            return summed_to(tensor, of[name](g)) if name in of else self.library.zeros_like(tensor)

        return [gradient(name, tensor) for name, tensor in {'x': x, **widths}.items()]

    def tangent_of(
        self, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...], tangents: Widths
    ) -> Tensor:
        """The tangent of `value`: the sum of what those of `x` and of widths, by their names, make of it."""
        xp, library = self.xp, self.library
        reals = {name: width for name, width in widths.items() if library.is_real(width)}
        number = library.tensor(x, xp.dtype)
        of = self.gradients(self.constants_of(x, widths), reals, library.tensor(value, xp.dtype), number, *drawn)

        def part(name: str) -> Tensor:
            tangent = library.tensor(tangents[name], xp.dtype)
            if name == 'x':
                return of[name](tangent)
            # run in reverse this is one product, of which what is not finite is left out of the sum
            return of[name](library.tensor(1.0, xp.dtype)) * xp.where(xp.abs(number) < float('inf'), tangent, 0)

        total = reduce(add, (part(name) for name in tangents if name in of), library.zeros_like(value))
        return library.tensor(total, library.dtype_of(value))


def of_law(
    library: Library, xp: TensorNamespace, law: Law, constants: Callable[..., Constants], known: tuple[Any, ...] = ()
) -> Formulas:
    """The formulas of a law, by what makes its constants."""

    def forward(constants: Constants, x: Tensor, uniform: Tensor = None) -> Tensor:
        if constants.unknown is not None:
            x = x - constants.unknown  # by which -0 stays as it is
        return law.forward(xp, x, constants, uniform)

    def gradients(constants: Constants, widths: Widths, q: Tensor, x: Tensor, uniform: Tensor = None) -> Gradients:
        def through(rounded: Tensor) -> Tensor:
            own = {name: widths[name] for name in RoundingLaw.widths if name in widths}
            return library.attached(straight_through(library, xp), rounded, x, own)

        seen = _Differentiable(constants, library, xp, law, widths)
        return law.gradients(xp, x, q, seen, uniform, through)

    return Formulas(library, xp, constants, forward, gradients, known, law.redraws, law)


def straight_through(library: Library, xp: TensorNamespace) -> Formulas:
    """Formulas whose derivative to `x` is 1."""
    law = RoundingLaw('TRN')  # all of them have the same gradients
    return Formulas(library, xp, _none, _none, lambda _, widths, q, x: law.gradients(xp, x, q, None))


class _Differentiable(View):
    """Constants, of which the powers of two of a width have its derivatives, straight through its rounding."""

    def __init__(self, constants: Constants, library: Library, xp: TensorNamespace, law: Law, widths: Widths) -> None:
        super().__init__(constants, lambda constant: constant)
        self._library, self._xp, self._law, self._widths = library, xp, law, widths

    def __getattr__(self, name: str) -> Any:
        constant = super().__getattr__(name)
        width, sign = self._law.powers.get(name, ('', 0))
        if width in self._widths:
            constant = self._power_of_two(constant, self._widths[width], sign)
            setattr(self, name, constant)
        return constant

    def _power_of_two(self, value: Tensor, width: Tensor, sign: int) -> Tensor:
        """`value`, which is `2^(sign * width)`, with the derivatives of that."""

        def gradients(_: Any, widths: Widths, value: Tensor, width: Tensor) -> Gradients:
            return {'x': lambda g: g * (sign * LN2) * value}

        return self._library.attached(Formulas(self._library, self._xp, _none, _none, gradients), value, width, {})


def _none(*_: Any, **__: Any) -> Any:
    """For formulas that need none."""
    return ()
