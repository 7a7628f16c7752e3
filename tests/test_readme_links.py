"""The README as PyPI shows it, and its badges, which say what pyproject.toml says."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from oracles.pictures import script

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text('utf-8')
LINKS = script('absolute_links', ROOT / 'docs')
BADGES = script('draw', ROOT / 'docs' / 'badges')
ADDRESS = 'https://example.org/owner/quantizers'


def targets(text: str) -> list[str]:
    prose = re.sub(r'^```.*?^```$', '', text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r'\]\(([^)\s]+)\)', prose)


def test_all_links_are_absolute_and_lead_to_files() -> None:
    text = LINKS.absolute(README, ADDRESS, 'v1.4.0')
    found = targets(text)
    assert len(found) == len(targets(README)) > 30
    for link in found:
        kind, tag, path = link.removeprefix(f'{ADDRESS}/').split('/', 2)
        assert kind == ('raw' if path.endswith(('.png', '.svg')) else 'blob')
        assert tag == 'v1.4.0'
        assert (ROOT / path.partition('#')[0]).is_file()
    assert LINKS.absolute(text, ADDRESS, 'v1.4.0') == text


def test_code_and_links_to_other_sites_stay() -> None:
    text = '[a](https://x.org) [b](#b) [![c](c.svg)](d.md#e)\n```python\nf[0](x)\n```\n[f](f.md)\n'
    assert LINKS.absolute(text, ADDRESS, 't') == (
        f'[a](https://x.org) [b](#b) [![c]({ADDRESS}/raw/t/c.svg)]({ADDRESS}/blob/t/d.md#e)\n'
        f'```python\nf[0](x)\n```\n[f]({ADDRESS}/blob/t/f.md)\n'
    )


@pytest.mark.parametrize('address', ['', 'quantizers', 'http://x.org/a/b', 'https://x.org', 'https://x.org/a/b/'])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ValueError, match="'ADDRESS' must be that of the repository"):
        LINKS.absolute(README, address, 't')


def test_badges_say_what_is_true() -> None:
    drawn = BADGES.badges()
    files = {path.stem: path.read_text('utf-8') for path in (ROOT / 'docs' / 'badges').glob('*.svg')}
    assert files == drawn
    said = {name: str(ET.fromstring(text).get('aria-label')) for name, text in drawn.items()}
    assert said == {
        'python': 'python: 3.10 to 3.14',
        'licence': 'licence: Apache-2.0',
        'types': 'types: mypy strict',
        'tests': 'tests: 95 % of lines at least',
    }
    assert {f'docs/badges/{name}.svg' for name in files} <= {*targets(README)}
    for name, text in said.items():
        what = text.replace(': ', ' ', 1)
        assert f'![{what}](docs/badges/{name}.svg)' in README


def test_one_picture_and_the_two_commands_are_on_the_first_screen() -> None:
    first = README.partition('## ')[0]
    assert re.findall(r'!\[[^]]+\]\((docs/pictures/\S+)\)', first) == ['docs/pictures/curve_rnd_sat.png']
    assert re.findall(r'^make (\w+)', first, re.MULTILINE) == ['demo', 'test']
