"""What `choose` gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...config import QuantizerConfig
from ...formats import FixedQ
from ...formats.per_channel import Formats, PerChannel

COLUMNS = ('tensor', 'type', 'bits', 'SQNR / dB', 'largest error', 'saturated', 'flushed to zero', 'why')


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


@dataclass(frozen=True)
class Choice:
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


@dataclass(frozen=True)
class Choices(Mapping[str, Choice]):
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
        """The table under `COLUMNS`: a line for each choice, and, if `near`, one for each other candidate below it."""
        rows = []
        for name, choice in self.items():
            rows.append([name, *_cells(choice.chosen), choice.reason])
            others = choice.candidates if near else ()
            rows += [['', *_cells(other), ''] for other in others if other != choice.chosen]
        return rows


def _cells(candidate: Candidate) -> list[str]:
    return [
        candidate.spec.label,
        str(candidate.spec.width),
        f'{candidate.sqnr:.1f}',
        f'{candidate.max_error:.3g}',
        f'{100 * candidate.saturated:.2f} %',
        f'{100 * candidate.flushed:.2f} %',
    ]
