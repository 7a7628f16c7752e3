"""The class."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..codes import decode
from ..codes.arrays import as_codes
from ..formats import FixedQ
from ..result_type import as_fixed
from . import arithmetic, casts, functions
from .arithmetic import LOST, OVERFLOWED, Flags, Integers, Result, holder
from .casts import no_flags
from .operators import Number, Operators
from .shaped import Index, Mover, Shaped

if TYPE_CHECKING:
    from typing_extensions import Self

_SHOWN = 200


class FixedArray(Operators, Shaped):
    """An array of fixed point that computes, bit for bit as arrays of `ap_fixed` do.

    Results have the formats that C++ gives them (`quantizers.result_type`) and lose nothing, with three exceptions that
    are C++'s: `/` cuts towards 0, and `<<` and `>>` keep the format, so that bits leave it. Else a number is
    rounded, or overflows, only where you name a format: in `FixedArray.of`, in `cast`, and in an assignment,
    `a[0] = x` or `a += x`, which keeps the format of `a` as it does in C++.

    =====================  ======================================  =====================================================
    operation              value                                   format
    =====================  ======================================  =====================================================
    `a + b` `a - b` `-a`   exact                                   as in C++: a bit more, two where signs differ
    `a * b`                exact                                   as in C++: the sums of the widths
    `a / b`                cut towards 0, as in C++                as in C++: the step of `a`
    `a << n` `a >> n`      bits leave, as in C++; flagged          that of `a`; `a.scaled(n)` is exact
    `a // b` `a % b`       exact, as Python's; the sign of `b`     integers; the range of `b`, the finer step
    `np.fmod(a, b)`        exact, as C++'s `%`: the sign of `a`    the smaller range, the finer step
    `abs(a)`               exact                                   that of `a`, unsigned
    `maximum` `minimum`    exact                                   of both ranges, the finer step
    `sum` `a @ b` `dot`    exact, in any order                     the least for so many terms: `result_type.sum_of`
    `a < b` `a == b` ...   exact                                   NumPy's bools
    =====================  ======================================  =====================================================

    Shapes broadcast as NumPy's do. Other operands may be numbers: ints, floats, Fractions, Decimals, lists and NumPy's
    arrays of them count with the least format that has them all, exactly (`result_type.constants`), so that
    NaN, Inf and 1/3 are a ValueError. A divisor of 0 is a ZeroDivisionError. Ufuncs and functions of NumPy that are
    exact take such arrays, and every other one is a TypeError.

    The vendor's header differs in two places. It divides in a bit too few, so that the smallest code over the code -1
    is negative; and in comparisons and `%` it may take a number below 0 for a large one beside one without a sign.

    Args:
        codes: integers, of any shape, which are copied; the values are `codes * 2^-f`. Numbers are taken by `of`.
        spec: their format, a `FixedQ`. It rounds and overflows in casts and assignments, stochastic modes as at
            inference; results of operators have the default modes.

    Codes are int64 where the format's all are, and Python's ints in an object array beyond that.

    Raises ValueError for a code outside of the format, TypeError for codes that are no integers and for other formats.
    Source: `ap_fixed_base.h`; UG1399, "Arbitrary Precision Fixed-Point Data Types".

    >>> a = FixedArray.of([0.1, 3.14159, 100], FixedQ(8, 3, True, 'RND', 'SAT'))
    >>> a, a.overflowed.tolist(), (a * a).spec
    (FixedArray.of([0.09375, 3.15625, 3.96875], FixedQ(8, 3, True, 'RND', 'SAT')), [False, False, True], FixedQ(16, 6))
    """

    def __init__(self, codes: ArrayLike, spec: FixedQ) -> None:
        self._spec = as_fixed('spec', spec)
        self._codes: Integers = np.array(as_codes(spec, codes), holder(spec))
        self._flags = no_flags(self._codes)

    @classmethod
    def of(cls, x: Number, spec: FixedQ) -> FixedArray:
        """Numbers, or values of another format, quantized to `spec`: with its rounding, overflow and flags.

        Args:
            x: what `spec.encode` takes: an array or list of floats, ints of any size, Fractions; or a `FixedArray`.

        Raises as `spec.encode` does: ValueError for NaN, for Inf under WRAP.
        """
        spec = as_fixed('spec', spec)
        codes, flags = casts.cast(x, spec) if isinstance(x, Operators) else casts.quantized(x, spec)  # type: ignore[arg-type]
        return cls._made(Result(codes, spec), flags)

    @classmethod
    def _made(cls, result: Result, flags: Flags | None = None) -> Self:
        made = cls.__new__(cls)
        made._codes, made._spec = result
        made._flags = no_flags(made._codes) if flags is None else flags
        return made

    @property
    def spec(self) -> FixedQ:
        """The format."""
        return self._spec

    @property
    def codes(self) -> Integers:
        """The codes, to be read: int64, or Python's ints where the format has more bits."""
        codes = self._codes.view()
        codes.flags.writeable = False
        return codes

    @property
    def values(self) -> NDArray[Any]:
        """The values: float64, or ints and Fractions in an object array where float64 cannot hold the format."""
        return decode(self._spec, self._codes, exact=not self._spec.fits('float64'))

    def fractions(self) -> NDArray[Any]:
        """The values as ints and Fractions in an object array, exactly."""
        return decode(self._spec, self._codes, exact=True)

    @property
    def overflowed(self) -> NDArray[np.bool_]:
        """Which elements were out of range in the cast, shift or assignment that made them, or in one of those since.

        Out of range is what rounds to a code beyond the format's, whatever `overflow` does with it. Elements take
        their flags along when they are moved; results of other operators have none.
        """
        return np.asarray(self._flags & OVERFLOWED != 0)

    @property
    def lost(self) -> NDArray[np.bool_]:
        """Which elements lost bits below the step there, as the number was no multiple of it. Else as `overflowed`."""
        return np.asarray(self._flags & LOST != 0)

    def cast(self, spec: FixedQ) -> FixedArray:
        """The values in another format, by its rounding and overflow, as an assignment in C++; with flags."""
        return FixedArray.of(self, spec)

    def scaled(self, n: int) -> FixedArray:
        """`a * 2^n`, exactly: the same bits, the point moved; `a.lshift<n>()` of `ap_fixed`."""
        return self._made(
            Result(self._codes.copy(), FixedQ(self._spec.width, self._spec.integer + n, self._spec.signed))
        )

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> FixedArray:
        """The sum over axes, or of all, in the least format for so many terms: `result_type.sum_of`."""
        return self._made(arithmetic.summed(self, axis, keepdims))

    def dot(self, other: Number) -> FixedArray:
        """`np.dot`: sums of products, in the least format for so many of them."""
        operand = other if isinstance(other, Operators) else casts.exact(other)
        return self._made(arithmetic.contracted(np.dot, self, operand))

    def max(self, axis: int | None = None, *, keepdims: bool = False) -> FixedArray:
        """The largest value, of all or along an axis; ValueError where there is none."""
        return self._made(Result(self._at(self._codes.max(axis, keepdims=keepdims)), self._spec))

    def min(self, axis: int | None = None, *, keepdims: bool = False) -> FixedArray:
        """The smallest value, of all or along an axis; ValueError where there is none."""
        return self._made(Result(self._at(self._codes.min(axis, keepdims=keepdims)), self._spec))

    def _at(self, codes: object) -> Integers:
        return np.asarray(codes, self._codes.dtype)

    def item(self) -> int | float | Any:
        """The only value: a float, or an int or a Fraction where float64 cannot hold the format."""
        return self.values.item()

    def tolist(self) -> Any:
        """The values in nested lists."""
        return self.values.tolist()

    def moved(self, function: Mover) -> Self:
        """What a function makes that only moves elements.

        :meta private:
        """
        codes, flags = np.asarray(function(self._codes), self._codes.dtype), np.asarray(function(self._flags))
        return self._made(Result(codes, self._spec), flags)

    def _into(self, result: Self) -> Self:
        if result is NotImplemented:
            return result
        self[...] = result
        return self

    def __setitem__(self, key: Index, value: Number) -> None:
        given = FixedArray.of(value, self._spec)
        if isinstance(value, FixedArray):
            given._flags |= value._flags
        self._codes[key] = given._codes  # type: ignore[index]
        self._flags[key] |= given._flags  # type: ignore[index]

    def __bool__(self) -> bool:
        return bool(self._codes)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.fractions().item())

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("'copy' must not be False: the values are computed from the codes")
        return np.asarray(self.values, dtype)

    def __array_function__(
        self, function: Callable[..., Any], types: object, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> object:
        return functions.call(function, arguments, options)

    def __repr__(self) -> str:
        with np.printoptions(threshold=_SHOWN):
            text = np.array2string(self.values, separator=', ', prefix='FixedArray.of(', floatmode='unique')
        return f'FixedArray.of({text}, {self._spec!r})'

    def _repr_html_(self) -> str:
        shape = ' x '.join(map(str, self.shape)) or 'one value'
        with np.printoptions(threshold=_SHOWN):
            return f'<p><code>{escape(self._spec.label)}</code>, {shape}</p><pre>{escape(str(self.values))}</pre>'
