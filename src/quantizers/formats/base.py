"""What all formats have in common: the call, the codes, the pictures."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .. import codes
from .._backends import backend_for
from .._reserved import check_identifier
from .._validation import FieldError, integer_between

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, DTypeLike, NDArray
    from typing_extensions import Self

    from .._maths.law import Law
    from ..qonnx import Node

MAX_BITS = 4096
MAX_VALUES_LOG2 = 20
MAX_THREADS = 1024


class Format:
    """What all formats share: the call, the codes, and names in C++.

    Formats are equal where their configurations are, those of a subclass too; equal ones hash alike.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {'strict': True, 'extra': 'forbid'}

    stochastic: ClassVar[bool] = False

    if TYPE_CHECKING:

        @property
        def bits(self) -> int:
            """Total width in bits."""

        @property
        def cpp_type(self) -> str:
            """The type in C++."""

        @property
        def law(self) -> Law:
            """What the format does to a number, but for its widths."""

        @property
        def law_widths(self) -> tuple[int, ...]:
            """The widths of its law."""

    @cached_property
    def _identity(self: Any) -> tuple[Any, ...]:
        return tuple((field.name, getattr(self, field.name)) for field in fields(self))

    def __eq__(self, other: object) -> bool:
        """Whether both have the same configuration; a subclass that adds no field equals its base."""
        return self._identity == other._identity if isinstance(other, Format) else NotImplemented

    def __hash__(self) -> int:
        # as a dataclass makes it, so that a subclass with an equality of its own hashes alike, too
        return hash(tuple(value for _, value in self._identity))

    def __call__(
        self, x: Any, *, out: Any = None, training: bool = False, seed_gen: Any = None, threads: int | None = 1
    ) -> Any:
        """Quantize `x` elementwise.

        The result is of `x`'s array library, shape and floating dtype; NumPy computes integers, bools, scalars and
        lists in float64. Of NumPy's subclasses a masked array stays one, with a copy of its mask; every other one
        (`np.matrix`, `np.memmap`) gives a plain array. The values are those of the format, exact
        wherever `fits(dtype)` holds; else within one unit in the last place of the exact result, with a
        `PrecisionWarning` once for each spec and dtype. NaN gives NaN. Inf saturates, gives 0 under SAT_ZERO and NaN
        under WRAP and WRAP_SM. The input is not changed.

        Args:
            x: an array, a scalar or a list.
            out: an array of the result's shape and dtype, which is filled and returned; it may be `x` itself.
            training: only where the array library has gradients; NumPy refuses it.
            seed_gen: the source of random numbers of a stochastic mode in training.
            threads: how many parts of a large NumPy array are quantized at a time; None for as many as there are cores.

        Raises:
            TypeError: the dtype is no real number, or no backend knows `type(x)`.
            ValueError: the step is larger than the largest number of the dtype, `training=True` on NumPy, or `threads`
                that is no number from 1 to 1024, or where the array library has threads of its own.
        """
        if threads is not None and (threads != 1 or type(threads) is not int):
            threads = integer_between('threads', threads, 1, MAX_THREADS)
        return backend_for(x).quantize(self, x, out=out, training=training, seed_gen=seed_gen, threads=threads)

    def get_config(self: Any) -> dict[str, Any]:
        """The fields as plain data, `kind` first; `from_config` takes it back. Keras saves a spec by these two."""
        return {'kind': self.kind} | {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The spec of a configuration.

        Raises ValueError for a field that is not allowed, TypeError for one that is missing or unknown.
        """
        return cls(**config)

    def __reduce__(self) -> tuple[Any, ...]:
        # the fields alone: what a backend has cached on the object stays behind
        return type(self), tuple(getattr(self, f.name) for f in fields(self) if not f.kw_only)  # type: ignore[arg-type]

    def cpp_declaration(self, name: str) -> str:
        """The line `typedef TYPE name;`. A `name` that is no C++ identifier, or is taken, is a ValueError."""
        check_identifier('name', name)
        return f'typedef {self.cpp_type} {name};'

    def to_qonnx(self: Any) -> Node:
        """The operator of QONNX that this format is; see `quantizers.qonnx.to_qonnx`."""
        from ..qonnx import to_qonnx

        return to_qonnx(self)

    def plot(self: Any, ax: Axes | Sequence[Axes] | None = None, *, xlim: tuple[float, float] | None = None) -> Figure:
        """Draw the output over the input, and below it the error, output less input: of fixed point in steps.

        The curve is exact: it is computed at every place where it can jump, and beside it; where there are more steps
        than the picture can show, at some of them. Hatched is where the rounded value is out of the range, and what
        `overflow` says happens. A stochastic rounding is drawn as at inference.

        Args:
            ax: where to draw the curve, or a pair: for the curve and the error; None for a new figure of both, which
                knows nothing of pyplot.
            xlim: the first and the last input; None for the range of the format and what is beside it.

        Returns the figure. Raises ValueError for an `xlim` that is none, and for inputs that float64 cannot draw, as
        their largest is not between 2^-900 and 2^900; TypeError for an `ax` that is none; ImportError without
        matplotlib (`pip install 'quantizers[plot]'`).
        """
        from .._plot import plot_format

        return plot_format(self, ax, xlim=xlim)

    def _repr_html_(self: Any) -> str:
        from .._html import page

        return page(self)

    def encode(self: Any, x: ArrayLike) -> NDArray[Any]:
        """The codes of `self(x)`, exact for every width; see `quantizers.codes.encode`."""
        return codes.encode(self, x)

    def decode(self: Any, code: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
        """The values of codes; see `quantizers.codes.decode`."""
        return codes.decode(self, code, exact=exact)

    def to_bits(self: Any, x: ArrayLike) -> NDArray[Any]:
        """The raw bits of `self(x)` as unsigned integers; see `quantizers.codes.to_bits`."""
        return codes.to_bits(self, x)

    def from_bits(self: Any, bits: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
        """The values of raw bits; see `quantizers.codes.from_bits`."""
        return codes.from_bits(self, bits, exact=exact)

    def to_hex(self: Any, x: ArrayLike) -> NDArray[np.str_]:
        """The raw bits of `self(x)` as hexadecimal text of `ceil(bits / 4)` digits each."""
        return codes.to_text(self, x, 16)

    def to_bin(self: Any, x: ArrayLike) -> NDArray[np.str_]:
        """The raw bits of `self(x)` as binary text of `bits` digits each."""
        return codes.to_text(self, x, 2)

    def from_hex(self: Any, text: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
        """The values of raw bits written in hexadecimal. Bits outside the width are a ValueError."""
        return codes.from_text(self, text, 16, exact=exact)

    def from_bin(self: Any, text: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
        """The values of raw bits written in binary. Bits outside the width are a ValueError."""
        return codes.from_text(self, text, 2, exact=exact)

    def values(self: Any) -> NDArray[Any]:
        """All values, ascending: float64, or Fractions in an object array where float64 cannot hold them.

        Raises ValueError for more than 2^20 values.
        """
        if self.bits > MAX_VALUES_LOG2:
            raise ValueError(f"'bits' must be at most {MAX_VALUES_LOG2} to list all values: {self.bits}")
        return codes.values(self)

    def fits(self: Any, dtype: DTypeLike) -> bool:
        """Whether the quantized value of every number of the floating `dtype` is itself a number of that dtype.

        Takes a NumPy dtype or a name: float64, float32, float16, bfloat16; another one is a TypeError.
        """
        return codes.fits(self, dtype)


def check_kind(spec: Any, kind: str) -> None:
    """Refuse a `kind` that is not that of the class."""
    if spec.kind != kind:
        raise FieldError('kind', f'must be {kind!r}', spec.kind)
