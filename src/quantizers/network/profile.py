"""What the results of a network's layers hold in floating point, and what formats would do to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from typing_extensions import TypedDict

from .._checks.numbers import Number
from .._checks.shown import shown
from .._tables import Column, Table, Tabular
from ..formats import FixedQ

_SHARE = 0.999
_COLUMNS = (
    Column('name', 'tensor'),
    Column('range', 'range', lambda ends: f'{ends[0]:.6g} .. {ends[1]:.6g}'),
    Column('integer', 'integer bits', right=True),
    Column('most', f'for {_SHARE:.1%}', right=True),
)
_LOSSES = (
    Column('saturated', 'saturated', '{:.2%}'.format, right=True),
    Column('sqnr', 'SQNR, dB', '{:.1f}'.format, right=True),
    Column('flushed', 'flushed to 0', '{:.2%}'.format, right=True),
    Column('type', 'type'),
)
_ZEROS = Column('zeros', 'zeros', '{:.1%}'.format, right=True)


class BinadeData(TypedDict):
    """How many numbers have their highest bit at 2^exponent."""

    exponent: int
    count: int


class TensorData(TypedDict):
    """What a tensor holds, as plain data; what a format would do is null where there is none. See `TensorProfile`."""

    name: str
    count: int
    range: list[Number]
    zeros: float
    integer: int
    histogram: list[BinadeData]
    type: str | None
    sqnr: Number | None
    saturated: float | None
    flushed: float | None


class ProfileData(TypedDict):
    """How many samples there were, and what each tensor holds."""

    samples: int
    tensors: list[TensorData]


@dataclass(frozen=True)
class TensorProfile:
    """What a tensor holds, in floating point.

    Attributes:
        name: of the tensor, `layer.result`.
        count: how many numbers.
        low: the smallest.
        high: the largest.
        zeros: how many are 0.
        histogram: how many numbers have their highest bit at `2^exponent`, by the exponent; those that are not 0.
        spec: the format that was asked for; None where there is none, and so with what follows.
        saturated: how many numbers lie outside of its range when they are rounded.
        flushed: how many were not 0 and become 0.
        sqnr: the signal-to-quantization-noise ratio in dB.
    """

    name: str
    count: int
    low: float
    high: float
    zeros: int
    histogram: Mapping[int, int]
    spec: FixedQ | None
    saturated: int | None
    flushed: int | None
    sqnr: float | None

    def integer_bits(self, share: float = 1.0) -> int:
        """The least `i` so that this share of the numbers is below `2^i` in magnitude; a sign is a bit more.

        Raises ValueError for a share that is not from 0 to 1.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"'share' must be from 0 to 1: {shown(share)}")
        below = self.count
        for exponent in sorted(self.histogram, reverse=True):
            below -= self.histogram[exponent]
            if below / self.count < share:  # a quotient is rounded as the share that somebody writes
                return exponent + 1
        return min(self.histogram, default=0)

    def to_dict(self) -> TensorData:
        """Plain data, with shares in place of counts."""
        return {
            'name': self.name,
            'count': self.count,
            'range': [self.low, self.high],
            'zeros': self.zeros / self.count,
            'integer': self.integer_bits(),
            'histogram': [{'exponent': e, 'count': n} for e, n in sorted(self.histogram.items())],
            'type': None if self.spec is None else self.spec.label,
            'sqnr': self.sqnr,
            'saturated': None if self.saturated is None else self.saturated / self.count,
            'flushed': None if self.flushed is None else self.flushed / self.count,
        }


@dataclass(frozen=True, repr=False)
class Profile(Tabular):
    """What the inputs and the results of a network's layers hold, in the order in which they are computed."""

    samples: int
    tensors: tuple[TensorProfile, ...]

    def table(self) -> Table:
        """See `Tabular`."""
        asked = any(tensor.spec is not None for tensor in self.tensors)
        columns = (*_COLUMNS, *(_LOSSES if asked else ()), _ZEROS)
        rows = []
        for tensor in self.tensors:
            data = {**tensor.to_dict(), 'most': tensor.integer_bits(_SHARE)}
            rows.append([data[column.key] for column in columns])
        return Table(columns, rows, summary=f'{self.samples:,} samples, in floating point')

    def to_dict(self) -> ProfileData:
        """Each tensor as plain data."""
        return {'samples': self.samples, 'tensors': [tensor.to_dict() for tensor in self.tensors]}
