"""What differs between two configurations, name by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from typing_extensions import TypedDict

from .._checks.shown import one_line
from .._tables import Column, Table, Tabular
from ..formats.per_channel import Formats, PerChannel, by_channel

COLUMNS = Column('name', 'name'), Column('a', 'a'), Column('b', 'b')

Pair = tuple[Formats | None, Formats | None]


class ChangeData(TypedDict):
    """A name, or `name[i]` of a channel, and its type in both configurations; null where one does not have it."""

    name: str
    a: str | None
    b: str | None


class ChangesData(TypedDict):
    """What differs, and how many names do not."""

    changes: list[ChangeData]
    same: int


@dataclass(frozen=True, repr=False)
class Changes(Tabular, Mapping[str, Pair]):
    """The names whose formats differ, with both formats, None where there is none; empty where nothing differs.

    Names are in the order of the first configuration, then in that of the second; of formats per channel, where the
    axis and the number are the same, those of the channels, `w[0]`. `same` counts the names with equal formats.
    """

    changes: Mapping[str, Pair]
    same: int

    def __getitem__(self, name: str) -> Pair:
        return self.changes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def to_dict(self) -> ChangesData:
        """Plain data, as `quantizers config diff --json` writes it."""
        rows = self._rows()
        return {'changes': [{'name': name, 'a': a, 'b': b} for name, a, b in rows], 'same': self.same}

    def table(self) -> Table:
        """A row a name.

        :meta private:
        """
        return Table(COLUMNS, self._rows(), summary=self._summary, fewest=3)

    def __str__(self) -> str:
        """A name a line, and below it its format in each, `-` of the first and `+` of the second."""
        lines = []
        for name, *pair in self._rows():
            lines += [one_line(name), *(f'  {sign} {said}' for sign, said in zip('-+', pair, strict=True) if said)]
        return '\n'.join([*lines, self._summary])

    @property
    def _summary(self) -> str:
        return f'{len(self):,} differ, {self.same:,} the same'

    def _rows(self) -> list[tuple[str, str | None, str | None]]:
        return [(name, *_apart(*pair)) for name, pair in self.items()]


def changes(a: Mapping[str, Formats], b: Mapping[str, Formats]) -> Changes:
    """What differs between `a` and `b`."""
    names = dict.fromkeys((*a, *b))
    pairs = {name: (a.get(name), b.get(name)) for name in names}
    differ = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return Changes(
        dict(item for name, pair in differ.items() for item in _by_channel(name, *pair)), len(names) - len(differ)
    )


def _by_channel(name: str, a: Formats | None, b: Formats | None) -> Iterator[tuple[str, Pair]]:
    alike = isinstance(a, PerChannel) and isinstance(b, PerChannel) and (a.axis, len(a.specs)) == (b.axis, len(b.specs))
    if not alike or a is None or b is None:
        yield name, (a, b)
        return
    for (channel, one), (_, other) in zip(by_channel({name: a}), by_channel({name: b}), strict=True):
        if one != other:
            yield channel, (one, other)


def _apart(a: Formats | None, b: Formats | None) -> tuple[str | None, str | None]:
    """Both as text, which differs: ternary, say, has the type of a fixed-point format."""
    said = _said(a), _said(b)
    return said if said[0] != said[1] else (repr(a), repr(b))


def _said(formats: Formats | None) -> str | None:
    return formats if formats is None else str(formats) if isinstance(formats, PerChannel) else formats.label
