"""What codes ask of a format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .._checks.capabilities import Capable

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from .._maths.floats import Exact
    from ..backends.numpy.integers import WordCodes
    from .codecs import Codec


class Modes(Protocol):
    """How numbers between the values and beyond them are treated."""

    @property
    def overflow(self) -> str:
        """What becomes of numbers out of range."""

    @property
    def saturation_bits(self) -> int:
        """N, for WRAP and WRAP_SM."""


class Coded(Capable, Protocol):
    """A format whose values have codes; `formats.Format` says what each of these is."""

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
    def significant_bits(self) -> int:
        """Those of a value beside its sign."""

    @property
    def codec(self) -> Codec:
        """The layout of the raw bits."""

    @property
    def wraps(self) -> bool:
        """Whether Inf has no code."""

    @property
    def modes(self) -> Modes | None:
        """Rounding and overflow, of fixed point."""

    @property
    def word_codes(self) -> WordCodes | None:
        """What makes codes that float64 cannot hold."""

    def fits(self, dtype: DTypeLike) -> bool:
        """Whether a floating dtype holds every value."""
        ...

    def __hash__(self) -> int: ...
