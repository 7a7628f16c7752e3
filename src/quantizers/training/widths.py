"""The widths that a layer has learned: as arrays, as formats, in a line, as a table and as plain data."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypedDict

from .._tables import Column, Table, Tabular
from ..formats import FixedQ
from ..functional import round_conv

_COLUMNS = (
    Column('index', 'index'),
    Column('type', 'type'),
    Column('bits', 'bits', right=True),
    Column('k', 'sign', right=True),
    Column('i', 'integer', right=True),
    Column('f', 'fraction', right=True),
)


class WidthData(TypedDict):
    """A learned format: its index among the widths, its type, null for a width of zero, and its bits by their kinds."""

    index: list[int]
    type: str | None
    bits: int
    k: int
    i: int
    f: int


class LearnedData(TypedDict):
    """A `LearnedFixed` as plain data: `start` is the type of its spec. Before it is built there are no widths."""

    name: str
    start: str
    bits: int | None
    widths: list[WidthData]


class LearnedWidths(Tabular):
    """What a layer with a spec and widths of its own says of them."""

    name: str
    built: bool
    spec: FixedQ
    _elements: int  # that share a width, of one sample

    @abstractmethod
    def _within_bounds(self) -> Sequence[Any]:
        """`i, f`, tensors of real numbers."""

    def _widths(self) -> Iterator[Any]:
        """`i, f`, whole numbers with straight-through gradients."""
        return map(round_conv, self._within_bounds())

    @abstractmethod
    def _whole(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """`i, f`, arrays of whole numbers."""

    @property
    def kif(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Sign, integer and fraction bits, as integer arrays of the widths' shape.

        The shape is that of the axes with widths of their own, 1 for an axis after the first of them that shares its
        widths. A width of zero has `k = 0` and `i = -f`. Raises ValueError before the layer is built.
        """
        if not self.built:
            raise ValueError(f'the layer {self.name!r} has no widths yet: build it, or call it, before')
        i, f = (width.astype(np.int64) for width in self._whole())
        k, i, f = self.spec.law.whole(np, np.where(i + f > 0, self.spec.k, 0), i, f)
        return k, np.asarray(i), f

    def to_specs(self) -> FixedQ | NDArray[np.object_] | None:
        """The learned format, or an object array of formats, of the shape of the widths; None for a width of zero.

        Raises ValueError before the layer is built.
        """
        specs = self._specs(*self.kif)
        return specs if specs.ndim else specs.item()

    def _specs(self, k: NDArray[np.int64], i: NDArray[np.int64], f: NDArray[np.int64]) -> NDArray[np.object_]:
        specs = np.empty(k.shape, object)
        for at in np.ndindex(k.shape):
            if k[at] + i[at] + f[at]:
                specs[at] = FixedQ.from_kif(int(k[at]), int(i[at]), int(f[at]), self.spec.rounding, self.spec.overflow)
        return specs

    def table(self) -> Table:
        """A row for each format; none before the layer is built.

        :meta private:
        """
        rows = [(_place(width['index']), *list(width.values())[1:]) for width in self._data()]
        return Table(_COLUMNS, rows, f'{self.name}: {self._in_words()}')

    def to_dict(self) -> LearnedData:
        """Plain data: the name, the type of `spec`, the bits of a sample, and of each width its type and its bits."""
        bits = whole_bits(self) if self.built else None
        return {'name': self.name, 'start': self.spec.label, 'bits': bits, 'widths': [*self._data()]}

    def _in_words(self) -> str:
        if not self.built:
            return f'spec={self.spec!r}'
        k, i, f = self.kif
        widths, bits = k + i + f, f'bits={whole_bits(self)}'
        if widths.ndim:
            low, high = widths.min(), widths.max()
            return f'{bits}, {widths.size:,} formats of {low if low == high else f"{low} to {high}"} bits'
        return f'{bits}, spec={self.to_specs()!r}'

    def _data(self) -> Iterator[WidthData]:
        if not self.built:
            return
        k, i, f = self.kif
        for at, spec in np.ndenumerate(self._specs(k, i, f)):
            yield {
                'index': list(at),
                'type': None if spec is None else spec.label,
                'bits': int(k[at] + i[at] + f[at]),
                'k': int(k[at]),
                'i': int(i[at]),
                'f': int(f[at]),
            }


def whole_bits(layer: LearnedWidths) -> int:
    """The bits of one sample, as `LearnedFixed.bits`, exactly. Raises ValueError before the layer is built."""
    k, i, f = layer.kif
    return int((k + i + f).sum()) * layer._elements


def _place(index: list[int]) -> int | str | None:
    """A number where there is one axis, so that data frames have numbers; None where the tensor has one format."""
    if len(index) == 1:
        return index[0]
    return ', '.join(map(str, index)) or None
