"""The properties that another implementation of a format may have otherwise: what they may be, and how that is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial, singledispatch
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from ..._maths.rounding import FORMULAS
from ...formats import FixedQ, Format
from ...modes import OVERFLOWS, deterministic

if TYPE_CHECKING:
    from numpy.typing import NDArray

F = TypeVar('F', bound=Format)
Changes = dict[str, Any]
_MOST_FINER = 24  # fraction bits below those of a format; of such as float64 holds
_DOES = {
    'WRAP': 'wraps',
    'SAT': 'saturates',
    'SAT_SYM': 'saturates symmetrically',
    'SAT_ZERO': 'gives 0',
    'WRAP_SM': 'wraps in sign and magnitude',
}


class Properties(Generic[F]):
    """Those of any kind: each field is one, and where it is a number a step more or less is another way."""

    def __init__(self, spec: F) -> None:
        self.spec = spec
        self.names = [field.name for field in fields(spec) if field.name != 'kind']

    def taken(self) -> list[Callable[[Any, Any], Changes]]:
        """What one format takes from another, a property each."""
        return [partial(_field, name) for name in self.names]

    def ways(self, values: NDArray[Any]) -> Iterator[list[Changes]]:
        """For each property the other ways, where the values are those of another implementation."""
        for name in self.names:
            number = getattr(self.spec, name)
            if type(number) is int:
                yield [{name: number + more} for more in (-1, 1)]

    def finer(self) -> Iterator[tuple[str, F]]:
        """Formats through which a number may have come before, with what is said of them."""
        return iter(())

    def words(self, changed: F) -> str:
        """What is another in `changed`, a format of the same kind."""
        pairs = ((name, getattr(changed, name), getattr(self.spec, name)) for name in self.names)
        return ', '.join(f'{name} {theirs}, not {ours}' for name, theirs, ours in pairs if theirs != ours)


class _OfFixed(Properties[FixedQ]):
    """The modes, the sign, integer and fraction bits."""

    def taken(self) -> list[Callable[[Any, Any], Changes]]:
        return [
            partial(_field, 'rounding'),
            lambda a, b: {'overflow': b.overflow, 'saturation_bits': b.saturation_bits},
            partial(_field, 'signed'),
            lambda a, b: {'integer': b.integer, 'width': a.f + b.integer},
            lambda a, b: {'width': a.integer + b.f},
        ]

    def ways(self, values: NDArray[Any]) -> Iterator[list[Changes]]:
        a = self.spec
        yield [{'rounding': mode} for mode in FORMULAS if mode != deterministic(a.rounding)]
        yield [
            {'overflow': mode, 'saturation_bits': bits}
            for mode in OVERFLOWS
            for bits in ((0, 1) if mode.startswith('WRAP') else (0,))
            if (mode, bits) != (a.overflow, a.saturation_bits)
        ]
        shapes = [(0, 1), (0, -1), (1, 1), (-1, -1), (1, 0), (-1, 0)]
        zeros = _fewer_bits(a, values)
        shapes += [(-zeros, 0)] if zeros > 1 else []
        yield [{'width': a.width + width, 'integer': a.integer + integer} for width, integer in shapes]
        yield [{'signed': not a.signed}]

    def finer(self) -> Iterator[tuple[str, FixedQ]]:
        a = self.spec
        for more in range(1, min(_MOST_FINER, 52 - a.width) + 1):
            for mode in FORMULAS:
                # one bit more above, so that what is rounded up out of the range of `a` is still out of it
                wider: Changes = {'width': a.width + 1 + more, 'integer': a.integer + 1, 'rounding': mode}
                yield f'to {a.f + more} fraction bits by {mode}', replace(a, **wider)

    def words(self, changed: FixedQ) -> str:
        a, words = self.spec, []
        if changed.rounding != a.rounding:
            words.append(f'rounding {changed.rounding}, not {a.rounding}')
        if (changed.overflow, changed.saturation_bits) != (a.overflow, a.saturation_bits):
            words.append(f'overflow {_overflow(changed)}, not {_overflow(a)}')
        if changed.signed != a.signed:
            words.append('unsigned, not signed' if a.signed else 'signed, not unsigned')
        if changed.integer != a.integer:
            one = ' (one off, as where the sign bit is counted or not)' if abs(changed.integer - a.integer) == 1 else ''
            words.append(f'integer {changed.integer}, not {a.integer}{one}')
        if changed.f != a.f:
            fault = 'too few' if changed.f < a.f else 'more than a has'
            words.append(f'{changed.f} fraction bits, not {a.f} ({fault})')
        return ' and '.join(words)


@singledispatch
def properties(spec: F) -> Properties[F]:
    """The properties of a format. A kind whose fields are not the whole story registers a class of its own here."""
    return Properties(spec)


properties.register(FixedQ, _OfFixed)


def _field(name: str, a: Format, b: Format) -> Changes:
    return {name: getattr(b, name)}


def _overflow(spec: FixedQ) -> str:
    bits = f', {spec.saturation_bits} saturation bits' if spec.saturation_bits else ''
    return f'{spec.overflow} ({_DOES[spec.overflow]}{bits})'


def _fewer_bits(spec: FixedQ, values: NDArray[Any]) -> int:
    """How many fraction bits of the format are 0 in all the values."""
    finite = values[np.isfinite(values)] if values.dtype != object else values[:0]
    fewer = 0
    while finite.any() and fewer < spec.width and spec.spacing.holds(finite, -fewer - 1).all():
        fewer += 1
    return fewer
