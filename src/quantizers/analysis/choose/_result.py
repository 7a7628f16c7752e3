"""What `choose` gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from typing_extensions import TypedDict

from ..._checks.numbers import Number
from ..._tables import Column, Table, Tabular
from ...config import QuantizerConfig
from ...formats import FixedQ
from ...formats.per_channel import Formats, PerChannel
from ..losses import FLUSHED, MAX_ERROR, SATURATED, SQNR, TENSOR, TYPE

COLUMNS = (
    TENSOR,
    TYPE,
    Column('bits', 'bits', right=True),
    SQNR,
    MAX_ERROR,
    SATURATED,
    FLUSHED,
    Column('reason', 'why'),
)

_Cells = tuple[str, int | float, float, float, float, float]


class CandidateData(TypedDict):
    """A candidate as plain data: its type in C++, its width in bits, the SQNR in dB, and the rest as in `Candidate`."""

    type: str
    bits: int | float
    sqnr: Number
    max_error: Number
    saturated: float
    flushed: float


class ChoiceData(CandidateData):
    """A choice as plain data."""

    tensor: str
    reason: str
    candidates: list[CandidateData]


class ChoicesData(TypedDict):
    """All choices as plain data; see `Choices`."""

    choices: list[ChoiceData]
    score: float | None
    reference: float | None
    bits: int | None
    axis: int | None


@dataclass(frozen=True)
class Candidate:
    """A format, and what it does to the numbers of a tensor or a channel.

    Attributes:
        spec: the format.
        sqnr: the signal-to-quantization-noise ratio in dB, `10 log10(sum x^2 / sum (x - q)^2)`: the power of the signal
            over that of the error; inf where there is no error.
        max_error: the largest `|x - q|`.
        saturated: the share, from 0 to 1, of the numbers whose rounded value is out of range.
        flushed: the share of the numbers that are not 0 and become 0.
    """

    spec: FixedQ
    sqnr: float
    max_error: float
    saturated: float
    flushed: float

    @property
    def bits(self) -> int | float:
        """Those of a number; in blocks with its share of the scale, 4.25 for MXFP4."""
        bits = Fraction(self.spec.bits_per_number)
        return int(bits) if bits.denominator == 1 else float(bits)

    @property
    def _cells(self) -> _Cells:
        return self.spec.label, self.bits, self.sqnr, self.max_error, self.saturated, self.flushed

    def to_dict(self) -> CandidateData:
        """Plain data, the format as its type."""
        type_, bits, sqnr, max_error, saturated, flushed = self._cells
        return {
            'type': type_,
            'bits': bits,
            'sqnr': sqnr,
            'max_error': max_error,
            'saturated': saturated,
            'flushed': flushed,
        }


@dataclass(frozen=True, repr=False)
class Choice(Tabular):
    """The format chosen for a tensor, or for a channel.

    Attributes:
        chosen: the format, and what it does.
        candidates: the chosen one and those near it, by width and integer bits: the best one with a bit less and with
            a bit more, and those of its width with one integer bit less and more; those that were tried.
        reason: why, in a sentence.
    """

    chosen: Candidate
    candidates: tuple[Candidate, ...]
    reason: str

    @property
    def spec(self) -> FixedQ:
        """The format."""
        return self.chosen.spec

    def to_dict(self) -> ChoiceData:
        """Plain data; the tensor has no name here."""
        return _data('', self)

    def table(self) -> Table:
        """The chosen format and those near it.

        :meta private:
        """
        rows = [(candidate == self.chosen, *candidate._cells) for candidate in self.candidates]
        chosen = Column('chosen', '', lambda is_it: '>' if is_it else '')
        return Table((chosen, *COLUMNS[1:-1]), rows, f'{self.spec.label}: {self.reason}')


@dataclass(frozen=True, repr=False)
class Choices(Tabular, Mapping[str, Choice]):
    """The choices by the names of tensors; the channels of a tensor `w` are named `w[0]`, `w[1]` and so on.

    An array without a name is `x`.

    Attributes:
        choices: the choices by name.
        score: with the goal `score`, what it is with all formats; else None, as are the next two.
        reference: what it is without any.
        bits: of all tensors together, each element at the width of its format.
        axis: the axis whose indices are the channels; None where tensors have one format each.
    """

    choices: Mapping[str, Choice]
    score: float | None = None
    reference: float | None = None
    bits: int | None = None
    axis: int | None = None

    def __getitem__(self, name: str) -> Choice:
        return self.choices[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.choices)

    def __len__(self) -> int:
        return len(self.choices)

    @property
    def spec(self) -> FixedQ:
        """The only format. Raises ValueError where there are others."""
        return self._only('spec', 'specs').spec

    @property
    def reason(self) -> str:
        """Why the only format was chosen. Raises ValueError where there are others."""
        return self._only('reason', 'values()').reason

    def _only(self, name: str, instead: str) -> Choice:
        if len(self) != 1:
            raise ValueError(f'{name!r} is for one choice: there are {len(self)}; take {instead!r}, or one by its name')
        (choice,) = self.values()
        return choice

    @property
    def specs(self) -> tuple[FixedQ, ...]:
        """All formats; of one tensor's channels, in their order."""
        return tuple(choice.spec for choice in self.values())

    def config(self, description: str | None = None) -> QuantizerConfig:
        """The formats by the names of tensors, to be saved as a file; of channels a `PerChannel` a tensor."""
        specs: dict[str, Formats] = {name: choice.spec for name, choice in self.items()}
        if self.axis is not None:
            channels: dict[str, list[FixedQ]] = {}
            for name, choice in self.items():
                channels.setdefault(name.rpartition('[')[0], []).append(choice.spec)
            specs = {name: PerChannel(self.axis, tuple(of)) for name, of in channels.items()}
        return QuantizerConfig(specs, description=description)

    def rows(self, *, near: bool = False) -> list[list[str]]:
        """The table as text: a line for each choice, and, if `near`, one for each other candidate below it."""
        return self.table(near=near).texts()

    def table(self, *, near: bool = False) -> Table:
        """A line for each choice, and, if `near`, one for each other candidate below it.

        :meta private:
        """
        rows: list[tuple[str | int | float, ...]] = []
        for name, choice in self.items():
            rows.append((name, *choice.chosen._cells, choice.reason))
            others = choice.candidates if near else ()
            rows += [('', *other._cells, '') for other in others if other != choice.chosen]
        return Table(COLUMNS, rows)

    def to_dict(self) -> ChoicesData:
        """Plain data, as `quantizers choose --json` writes it."""
        return {
            'choices': [_data(name, choice) for name, choice in self.items()],
            'score': self.score,
            'reference': self.reference,
            'bits': self.bits,
            'axis': self.axis,
        }


def _data(name: str, choice: Choice) -> ChoiceData:
    return {
        'tensor': name,
        **choice.chosen.to_dict(),
        'reason': choice.reason,
        'candidates': [candidate.to_dict() for candidate in choice.candidates],
    }
