"""What all formats have in common: the codes, the pictures, the names in C++."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .. import codes
from .._checks.capabilities import Capability
from .._checks.fields import FieldError
from . import conveniences
from .parts import CppClass
from .quantizer import Quantizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from .._maths.floats import Exact
    from .._maths.law import Law
    from ..backends.numpy.integers import WordCodes
    from ..codes.codecs import Codec
    from .conveniences import Node, Proof
    from .parts import Modes
    from .spacing import Spacing

MAX_BITS = 4096
MAX_VALUES_LOG2 = 20


class Format(Quantizer):
    """What all formats share, which quantize elementwise to values of `bits` raw bits."""

    if TYPE_CHECKING:

        @property
        def bits(self) -> int:
            """Total width in bits."""

        @property
        def eps(self) -> Exact:
            """The step, the lowest one where there are several."""

        @property
        def min(self) -> Exact:
            """The smallest value."""

        @property
        def max(self) -> Exact:
            """The largest value."""

        @property
        def cpp_type(self) -> str:
            """The type in C++."""

        @property
        def law(self) -> Law:
            """What the format does to a number, but for its widths."""

        @property
        def law_widths(self) -> tuple[int, ...]:
            """The widths of its law."""

        @property
        def codec(self) -> Codec:
            """The layout of the raw bits."""

        @property
        def spacing(self) -> Spacing:
            """How the values lie."""

        @property
        def significant_bits(self) -> int:
            """Those of a value beside its sign, from the leading one on: what a significand has to hold."""

    cpp_class: ClassVar[CppClass]
    by_dtype: ClassVar[bool] = False
    """Whether the law is told in the numbers of each dtype, so that float32 and float64 give different results."""

    @property
    def bits_per_number(self) -> int:
        """All bits; blocks have a share of a scale besides.

        :meta private:
        """
        return self.bits

    @property
    def wraps(self) -> bool:
        """Whether a number out of range becomes one far from it, and Inf none.

        :meta private:
        """
        return False

    @property
    def stochastic(self) -> bool:
        """Whether the rounding is stochastic.

        :meta private:
        """
        return False

    @property
    def modes(self) -> Modes | None:
        """Rounding, overflow and saturation bits, of fixed point.

        :meta private:
        """
        return None

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What to show of this kind alone: names and values.

        :meta private:
        """
        return ()

    @property
    def layout(self) -> dict[str, int]:
        """What a reader of the raw bits has to know: names and numbers, `width` first.

        :meta private:
        """
        return {'width': self.bits}

    @property
    def general(self) -> Format:
        """The format that has the same values by fields: fixed point, of one with a name of its own.

        :meta private:
        """
        return self

    @property
    def word_codes(self) -> WordCodes | None:
        """What makes codes, in words, that float64 cannot hold; None where they are made one by one.

        :meta private:
        """
        return None

    @property
    def label(self) -> str:
        """What tables and pictures call the format: its type in C++, or the spec where C++ has none.

        :meta private:
        """
        try:
            return self.cpp_type if Capability.AP in self.can else repr(self)
        except FieldError:  # of a mode that C++ does not have
            return repr(self)

    def cpp_declaration(self, name: str) -> str:
        """The line `typedef TYPE name;`. A `name` that is no C++ identifier, or is taken, is a ValueError."""
        conveniences.check_identifier('name', name)
        return f'typedef {self.cpp_type} {name};'

    def to_qonnx(self) -> Node:
        """The operator of QONNX that this format is; see `quantizers.qonnx.to_qonnx`."""
        return conveniences.to_qonnx(self)

    def plot(self, ax: Axes | Sequence[Axes] | None = None, *, xlim: tuple[float, float] | None = None) -> Figure:
        """Draw the output over the input, and below it the error, output less input: of fixed point in steps.

        The curve is exact: it is computed at every place where it can jump, and beside it; where there are more steps
        than the picture can show, at some of them. Hatched is where the rounded value is out of the range, and what
        `overflow` says happens. A stochastic rounding is drawn as at inference.

        Args:
            ax: where to draw the curve, or a pair: for the curve and the error; None for a new figure of both, which
                knows nothing of pyplot.
            xlim: the first and the last input; None for the range of the format and what is beside it, or, in a new
                figure of more than 128 steps, for 12 steps around 0, with the whole range as an inset.

        Returns the figure. Raises ValueError for an `xlim` that is none, and for inputs that float64 cannot draw, as
        their largest is not between 2^-900 and 2^900; TypeError for an `ax` that is none; ImportError without
        matplotlib (`pip install 'quantizers[plot]'`).
        """
        return conveniences.plot(self, ax, xlim)

    def _repr_html_(self) -> str:
        return conveniences.html(self)

    def encode(self, x: ArrayLike) -> NDArray[Any]:
        """The codes of `self(x)`, exact for every width; see `quantizers.codes.encode`."""
        return codes.encode(self, x)

    def decode(self, code: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
        """The values of codes; see `quantizers.codes.decode`."""
        return codes.decode(self, code, exact=exact)

    def to_bits(self, x: ArrayLike) -> NDArray[Any]:
        """The raw bits of `self(x)` as unsigned integers; see `quantizers.codes.to_bits`."""
        return codes.to_bits(self, x)

    def from_bits(self, bits: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
        """The values of raw bits; see `quantizers.codes.from_bits`."""
        return codes.from_bits(self, bits, exact=exact)

    def to_hex(self, x: ArrayLike) -> NDArray[np.str_]:
        """The raw bits of `self(x)` as hexadecimal text of `ceil(bits / 4)` digits each."""
        return codes.to_text(self, x, 16)

    def to_bin(self, x: ArrayLike) -> NDArray[np.str_]:
        """The raw bits of `self(x)` as binary text of `bits` digits each."""
        return codes.to_text(self, x, 2)

    def from_hex(self, text: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
        """The values of raw bits written in hexadecimal. Bits outside the width are a ValueError."""
        return codes.from_text(self, text, 16, exact=exact)

    def from_bin(self, text: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
        """The values of raw bits written in binary. Bits outside the width are a ValueError."""
        return codes.from_text(self, text, 2, exact=exact)

    def values(self) -> NDArray[Any]:
        """All values, ascending: float64, or Fractions in an object array where float64 cannot hold them.

        Raises ValueError for more than 2^20 values.
        """
        if self.bits > MAX_VALUES_LOG2:
            raise ValueError(f"'bits' must be at most {MAX_VALUES_LOG2} to list all values: {self.bits}")
        return codes.values(self)

    def fits(self, dtype: DTypeLike) -> bool:
        """Whether the quantized value of every number of the floating `dtype` is itself a number of that dtype.

        Takes a NumPy dtype or a name: float64, float32, float16, bfloat16; another one is a TypeError.
        """
        return codes.fits(self, dtype)

    def prove(self, dtype: DTypeLike = 'float32', *, timeout: float = 60, same_as: Format | None = None) -> Proof:
        """Prove that the formula gives what the law says for every float of a dtype; see `quantizers.prove`."""
        return conveniences.prove(self, dtype, timeout, same_as)
