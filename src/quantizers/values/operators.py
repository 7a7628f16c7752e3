"""What Python's operators and NumPy's ufuncs do with values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import arithmetic, division, shifts
from .arithmetic import Flags, Integers, Operand, Result
from .casts import exact

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..formats import FixedQ

Number: TypeAlias = Union['Operators', ArrayLike, Fraction, Decimal, Sequence[Fraction | Decimal | float]]
Bools: TypeAlias = NDArray[np.bool_]
_NUMBERS = (bool, int, float, Fraction, Decimal, np.generic, np.ndarray, list, tuple)
BINARY: dict[object, Callable[[Operand, Operand], Result]] = {
    np.add: arithmetic.plus,
    np.subtract: arithmetic.minus,
    np.multiply: arithmetic.times,
    np.true_divide: division.over,
    np.floor_divide: division.whole_part,
    np.remainder: division.modulo,
    np.fmod: division.rest,
    np.maximum: arithmetic.larger,
    np.minimum: arithmetic.smaller,
    np.matmul: lambda a, b: arithmetic.contracted(np.matmul, a, b),
}
UNARY: dict[object, Callable[[Operand], Result]] = {
    np.negative: arithmetic.negative,
    np.positive: arithmetic.itself,
    np.absolute: arithmetic.absolute,
}
COMPARISONS = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}
KNOWN = {*UNARY, *BINARY, *COMPARISONS, np.divmod, np.left_shift, np.right_shift}
REDUCTIONS = {np.add: 'sum', np.maximum: 'max', np.minimum: 'min'}


class Operators(ABC):
    """Values that compute; of two operands one at least is such values, the other may be numbers."""

    @property
    @abstractmethod
    def codes(self) -> Integers:
        """The integers."""

    @property
    @abstractmethod
    def spec(self) -> FixedQ:
        """Their format."""

    @classmethod
    @abstractmethod
    def _made(cls, result: Result, flags: Flags | None = None) -> Self:
        """Values of codes that are the format's, and nobody else's."""

    @abstractmethod
    def _into(self, result: Self) -> Self:
        """These values, to which those were assigned."""

    def _with(self, ufunc: object, other: Number, swapped: bool = False) -> Self:
        operand = _operand(other)
        if operand is None:
            return NotImplemented  # type: ignore[no-any-return]
        pair = (operand, self) if swapped else (self, operand)
        return self._made(BINARY[ufunc](*pair))

    def _compared(self, ufunc: np.ufunc, other: object) -> Bools:
        operand = _operand(other)
        return NotImplemented if operand is None else arithmetic.compared(ufunc, self, operand)

    def _shifted(self, n: object, sign: int) -> Self:
        steps = np.asarray(n)
        if isinstance(n, Operators) or steps.dtype.kind not in 'iu':
            return NotImplemented  # type: ignore[no-any-return]
        return self._made(*shifts.shifted(self, sign * steps.astype(np.int64, casting='safe')))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Number, **options: object) -> object:
        """`ufunc` of NumPy, where it is exact: a TypeError for every other one."""
        result: object = NotImplemented
        if method == 'reduce' and ufunc in REDUCTIONS and {*options} <= {'axis', 'keepdims'}:
            return getattr(self, REDUCTIONS[ufunc])(**{'axis': 0, **options})
        if method == '__call__' and not options and ufunc in KNOWN:
            result = _call(ufunc, *inputs)
        if result is NotImplemented:
            raise TypeError(refusal('.'.join([ufunc.__name__, method][: 1 + (method != '__call__')]), options))
        return result

    def __add__(self, other: Number) -> Self:
        return self._with(np.add, other)

    def __radd__(self, other: Number) -> Self:
        return self._with(np.add, other, swapped=True)

    def __iadd__(self, other: Number) -> Self:
        return self._into(self + other)

    def __sub__(self, other: Number) -> Self:
        return self._with(np.subtract, other)

    def __rsub__(self, other: Number) -> Self:
        return self._with(np.subtract, other, swapped=True)

    def __isub__(self, other: Number) -> Self:
        return self._into(self - other)

    def __mul__(self, other: Number) -> Self:
        return self._with(np.multiply, other)

    def __rmul__(self, other: Number) -> Self:
        return self._with(np.multiply, other, swapped=True)

    def __imul__(self, other: Number) -> Self:
        return self._into(self * other)

    def __truediv__(self, other: Number) -> Self:
        return self._with(np.true_divide, other)

    def __rtruediv__(self, other: Number) -> Self:
        return self._with(np.true_divide, other, swapped=True)

    def __itruediv__(self, other: Number) -> Self:
        return self._into(self / other)

    def __floordiv__(self, other: Number) -> Self:
        return self._with(np.floor_divide, other)

    def __rfloordiv__(self, other: Number) -> Self:
        return self._with(np.floor_divide, other, swapped=True)

    def __mod__(self, other: Number) -> Self:
        return self._with(np.remainder, other)

    def __rmod__(self, other: Number) -> Self:
        return self._with(np.remainder, other, swapped=True)

    def __divmod__(self, other: Number) -> tuple[Self, Self]:
        return self // other, self % other

    def __matmul__(self, other: Number) -> Self:
        return self._with(np.matmul, other)

    def __rmatmul__(self, other: Number) -> Self:
        return self._with(np.matmul, other, swapped=True)

    def __lshift__(self, n: ArrayLike) -> Self:
        return self._shifted(n, 1)

    def __rshift__(self, n: ArrayLike) -> Self:
        return self._shifted(n, -1)

    def __ilshift__(self, n: ArrayLike) -> Self:
        return self._into(self << n)

    def __irshift__(self, n: ArrayLike) -> Self:
        return self._into(self >> n)

    def __neg__(self) -> Self:
        return self._made(arithmetic.negative(self))

    def __pos__(self) -> Self:
        return self._made(arithmetic.itself(self))

    def __abs__(self) -> Self:
        return self._made(arithmetic.absolute(self))

    def __lt__(self, other: Number) -> Bools:
        return self._compared(np.less, other)

    def __le__(self, other: Number) -> Bools:
        return self._compared(np.less_equal, other)

    def __gt__(self, other: Number) -> Bools:
        return self._compared(np.greater, other)

    def __ge__(self, other: Number) -> Bools:
        return self._compared(np.greater_equal, other)

    def __eq__(self, other: object) -> Bools:  # type: ignore[override]  # as that of arrays
        return self._compared(np.equal, other)

    def __ne__(self, other: object) -> Bools:  # type: ignore[override]  # as that of arrays
        return self._compared(np.not_equal, other)

    __hash__ = None  # type: ignore[assignment]  # as arrays, which can be changed


def _operand(x: object) -> Operand | None:
    """Values, or numbers as such; None for anything else."""
    if isinstance(x, Operators):
        return x
    return exact(x) if isinstance(x, _NUMBERS) else None


def refusal(name: str, options: Iterable[str] = ()) -> str:
    """What is said of a function of NumPy."""
    given = ''.join(f' with {option!r}' for option in options)
    way = 'take a.values, which are floats, and FixedArray.of(x, spec) of the result'
    return f'numpy.{name}{given} is not exact, or not known, for values of fixed point: {way}'


def _call(ufunc: np.ufunc, *inputs: Number) -> object:
    """What the operator of a ufunc gives."""
    values = next(x for x in inputs if isinstance(x, Operators))
    if ufunc in UNARY:
        return values._made(UNARY[ufunc](values))
    a, b = inputs
    if ufunc in BINARY:
        return values._with(ufunc, b) if a is values else values._with(ufunc, a, swapped=True)
    if ufunc in COMPARISONS:
        x, y = _operand(a), _operand(b)
        return NotImplemented if x is None or y is None else arithmetic.compared(ufunc, x, y)
    if ufunc is np.divmod:
        return _call(np.floor_divide, a, b), _call(np.remainder, a, b)
    shifts = {np.left_shift: 1, np.right_shift: -1}
    return values._shifted(b, shifts[ufunc]) if ufunc in shifts and a is values else NotImplemented
