"""What notebooks show of a format: well-formed HTML in the colour of the text, and right."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from quantizers import BinaryQ, FixedQ, MinifloatQ, Spec, TernaryQ
from quantizers.show.html import page

FORMATS: list[Spec] = [
    FixedQ(8, 3, True, 'RND', 'SAT'),
    FixedQ(6, 2, False),
    FixedQ(16, 6),
    FixedQ(4096, -2048),
    MinifloatQ(1, 2, 1),
    MinifloatQ(3, 4, 4000),
    MinifloatQ(7, 8),
    BinaryQ(),
    TernaryQ(),
]


def marks(text: str) -> list[float]:
    """Where the line has marks."""
    return [float(x) for x in re.findall(r'M([\d.]+) \d+v', text)]


@pytest.mark.parametrize('spec', FORMATS, ids=str)
def test_a_format_in_a_notebook(spec: Spec) -> None:
    text = spec._repr_html_()
    cells = [''.join(cell.itertext()) for cell in ET.fromstring(text).iter('td')]
    assert cells[:2] == [spec.cpp_type, str(spec.bits)]
    assert len(text) < 6000
    assert 'currentColor' in text
    assert not re.search(r'#[0-9a-f]{3}|rgb|black|white|<script|href', text)


@pytest.mark.parametrize('spec', [s for s in FORMATS if s.bits <= 7], ids=str)
def test_each_value_has_a_mark(spec: Spec) -> None:
    places = [8 + float((Fraction(value) - spec.min) / (spec.max - spec.min) * 464) for value in spec.values()]
    assert marks(page(spec)) == pytest.approx(places, abs=0.051)


def test_many_values() -> None:
    assert marks(page(FixedQ(16, 6))) == pytest.approx([8, 240, 472], abs=0.051)
    text = page(MinifloatQ(7, 8))
    assert 'lines at powers of two, each with 128 values up to the next' in text
    middle, half = 240, 232 * 2**127 / float(MinifloatQ(7, 8).max)
    right = [x for x in marks(text) if x > middle]
    assert len(right) == 11  # ten powers of two, until they are less than a pixel apart, and the largest value
    assert right[-3:] == pytest.approx([middle + half / 2, middle + half, 472], abs=0.051)


def test_text_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FixedQ, 'cpp_type', '<script>&"')
    assert '<code>&lt;script&gt;&amp;&quot;</code>' in page(FixedQ(8, 3))
