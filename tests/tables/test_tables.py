"""Tables: as text, as wide as there is room for, in notebooks, by rich, as data."""

from __future__ import annotations

import io
import sys
from fractions import Fraction
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table as RichTable

from quantizers._checks.errors import ExtraError
from quantizers._tables import Column, Table, Tabular

WIDE = [('量化', 'é' * 70), ('  [red]x[/red]', ':smile:'), ('', 'e\u0301')]


def table(rows: list[Any], title: str = '', *, right: bool = False) -> Table:
    return Table((Column('name', 'name'), Column('type', '型', right=right)), rows, title)


@pytest.mark.parametrize('right', [False, True])
@pytest.mark.parametrize('title', ['', 'a title', 'd\\n of 量化'])
@pytest.mark.parametrize('rows', [[], [('a', 'b')], WIDE])
def test_a_table_in_a_box_is_that_of_rich(rows: list[Any], title: str, right: bool) -> None:
    rich = RichTable(title=title or None, title_justify='left')
    rich.add_column('name')
    rich.add_column('型', justify='right' if right else 'left')
    for row in rows:
        rich.add_row(*row)
    stream = io.StringIO()
    Console(file=stream, width=1000, markup=False, emoji=False, highlight=False).print(rich)
    expected = [line.rstrip() for line in stream.getvalue().splitlines()]
    lines, left_out = table(rows, title, right=right).boxed()
    if right:  # rich has the heading at the right, too
        head = 2 if title else 1
        assert lines.pop(head).split() == expected.pop(head).split()
    assert (lines, left_out) == (expected, [])


def test_columns_are_left_out_from_the_right_and_nothing_is_broken() -> None:
    columns = [Column(name, name) for name in 'abcd']
    wide = Table((*columns,), [('a' * 30, 'b' * 30, 'c' * 10, 'd')], 'x' * 99)
    for room, kept in ((84, 4), (83, 3), (80, 3), (79, 2), (60, 2), (10, 2)):
        lines, left_out = wide.boxed(room)
        assert left_out == [*'abcd'][kept:]
        widths = {len(line) for line in lines[1:]}
        assert len(widths) == 1
        assert widths.pop() <= max(room, 67)
        assert f' {"a" * 30} │ {"b" * 30} ' in lines[4]


def test_lines_that_every_encoding_has() -> None:
    lines, _ = Table((Column('a', 'a'), Column('b', 'b')), [(1, None)]).boxed(ascii_only=True)
    assert lines == ['+---+---+', '| a | b |', '+---+---+', '| 1 | - |', '+---+---+']


def test_text_of_others_moves_no_cursor() -> None:
    hostile = table([('\x1b[31m', 'a\nb')], 'c\x1b')
    for text in ('\n'.join(hostile.boxed()[0]), '\n'.join(hostile.plain()), hostile.html()):
        assert '\x1b' not in text
        assert 'a\\nb' in text
    assert '&lt;b&gt;' in table([('<b>', '&')], '<i>').html()
    assert '<i>' not in table([], '<i>').html()


class Many(Tabular):
    """What has rows."""

    def __init__(self, *rows: tuple[object, ...]) -> None:
        self.rows = rows

    def table(self) -> Table:
        return Table(
            (Column('name', 'name'), Column('step', 'step / V', '{:.3}'.format, right=True)), self.rows, 't', 's'
        )


def test_what_shows_itself() -> None:
    few, many = Many(('a', 0.25), ('bc', 10.0)), Many(*(('a', float(n)) for n in range(57)))
    assert repr(few) == 't\n  name  step / V\n  a         0.25\n  bc        10.0\ns'
    assert repr(many).splitlines()[-3:] == ['  a         19.0', '  and 37 more', 's']
    assert len(repr(many).splitlines()) == 24
    assert many._repr_html_().count('<td') == 40
    assert '<p>and 37 more</p><p>s</p>' in many._repr_html_()
    stream = io.StringIO()
    Console(file=stream, width=19).print(few)
    assert stream.getvalue() == '\n'.join([*few.table().boxed()[0], ''])


@pytest.mark.parametrize('library', ['pandas', 'polars'])
def test_data_frames_have_numbers(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    __import__(library)
    monkeypatch.setattr('quantizers._tables.tabular.find_spec', lambda name: name if name == library else None)
    rows = [('a', 0.25), ('b', Fraction(1, 4)), ('c', None), ('d', 10**400), ('e', -(10**400))]
    frame = Many(*rows).to_dataframe()
    assert type(frame).__module__.split('.')[0] == library
    assert [*frame['name']] == [*'abcde']
    assert [*frame['step']][:2] == [0.25, 0.25]
    assert [*frame['step']][3:] == [float('inf'), -float('inf')]
    assert str(frame['step'].dtype).lower() == 'float64'
    assert Many(('a', FORMAT)).to_dataframe()['step'][0] == 'shown so'


class _Format:
    def __str__(self) -> str:
        return 'shown so'


FORMAT = _Format()


def test_without_a_library_of_data_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ('pandas', 'polars'):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr('quantizers._tables.tabular.find_spec', lambda _: None)
    with pytest.raises(ExtraError, match=r'^a data frame needs pandas or polars: pip install pandas$'):
        Many().to_dataframe()
