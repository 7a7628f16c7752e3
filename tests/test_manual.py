"""The manual as a site, in a browser: who looks for a word finds its page, code fits, nobody is shut out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageStat

from oracles.accessibility import violations
from oracles.browser import launched, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]
DOCS = ROOT / 'docs'
NOTEBOOKS = sorted((DOCS / 'notebooks').glob('*.md'))
PAGES = ['index.html', 'how_to/choose.html', 'notebooks/choose_formats.html', 'reference/formats.html']


@pytest.fixture(scope='module')
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manual, that of MANUAL where `make` has built it before; else it is built here, which takes minutes."""
    if built := os.environ.get('MANUAL'):
        return Path(built)
    folder = tmp_path_factory.mktemp('manual')
    command = [sys.executable, '-m', 'sphinx', '-q', '-W', '-n', '-E', '-d', folder / 'doctrees', DOCS, folder / 'html']
    subprocess.run(command, check=True)
    return folder / 'html'


@pytest.fixture(scope='module')
def site(manual: Path) -> Iterator[str]:
    with served(manual) as address:
        yield address


@pytest.fixture(scope='module')
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={'width': 1280, 'height': 900})
    page.set_default_timeout(20_000)
    yield page
    page.close()


@pytest.mark.parametrize(
    ('word', 'wanted'),
    [
        ('install', 'install.html'),
        ('calibration', 'how_to/choose.html'),
        ('FP8', 'how_to/saturating_fp8.html'),
        ('GPU', 'install.html'),
        ('notebook', 'notebooks/choose_formats.html'),
    ],
)
def test_search_finds(word: str, wanted: str, site: str, page: Page) -> None:
    page.goto(f'{site}/search.html?q={word}')
    page.locator('.search-summary').filter(has_text='page').wait_for()
    links = page.locator('ul.search li > a').all()
    found = [str(link.get_attribute('href')).partition('#')[0].partition('?')[0] for link in links]
    assert wanted in found[:8]


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('name', PAGES)
def test_nobody_is_shut_out(name: str, scheme: str, site: str, browser: Browser) -> None:
    page = browser.new_page(viewport={'width': 1280, 'height': 900}, color_scheme=scheme)
    page.goto(f'{site}/{name}')
    assert violations(page) == []
    page.close()


def test_what_shuts_people_out_is_found(page: Page) -> None:
    page.set_content('<html lang="en"><title>t</title><main><h1>h</h1><img src="x.png"></main></html>')
    (line,) = violations(page)
    assert line.startswith('image-alt (critical): img: ')
    assert violations(page, ['image-alt']) == []


TOO_WIDE = """() => [...document.querySelectorAll('pre')]
    .filter(block => block.scrollWidth > block.clientWidth)
    .map(block => block.innerText.slice(0, 80))"""


def test_code_is_no_wider_than_its_column(manual: Path, page: Page) -> None:
    names = [path for path in sorted(manual.rglob('*.html')) if '_static' not in path.parts]
    assert len(names) > 60
    wide = {}
    for path in names:
        page.goto(path.as_uri(), wait_until='domcontentloaded')
        wide[path.name] = page.evaluate(TOO_WIDE)
    assert {name: blocks for name, blocks in wide.items() if blocks} == {}


PLACES = "[...document.querySelectorAll('.toc-drawer, article')].map(part => part.getBoundingClientRect())"


@pytest.mark.parametrize('width', [360, 1280, 1440, 1920])
def test_no_page_is_wider_than_its_window(width: int, manual: Path, page: Page) -> None:
    page.set_viewport_size({'width': width, 'height': 900})
    for name in PAGES:
        page.goto((manual / name).as_uri(), wait_until='domcontentloaded')
        ends = page.evaluate(PLACES)
        assert page.evaluate('document.documentElement.scrollWidth') <= width
        assert [end['left'] for end in ends if end['left'] < width < end['right']] == []


@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_was_run_and_is_there_to_open(path: Path, manual: Path, site: str, page: Page) -> None:
    page.goto(f'{site}/notebooks/{path.stem}.html')
    with page.expect_download() as download:
        page.get_by_role('link', name='download it').click()
    notebook = json.loads(Path(download.value.path()).read_text('utf-8'))
    assert notebook['nbformat'] == 4
    code = [cell for cell in notebook['cells'] if cell['cell_type'] == 'code']
    assert len(code) == path.read_text('utf-8').count('```{code-cell}')
    assert [cell['execution_count'] for cell in code] == [*range(1, len(code) + 1)]
    assert sum(bool(cell['outputs']) for cell in code) > len(code) / 2


@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda path: path.stem)
def test_pictures_of_notebooks_are_dark_on_a_dark_page(path: Path, site: str, browser: Browser) -> None:
    page = browser.new_page(viewport={'width': 1280, 'height': 900}, color_scheme='dark')
    page.goto(f'{site}/notebooks/{path.stem}.html')
    background = page.evaluate('getComputedStyle(document.body).backgroundColor')
    pictures = page.locator('.cell_output img').all()
    assert pictures
    for picture in pictures:
        taken = Image.open(io.BytesIO(picture.screenshot())).convert('RGB')
        around = taken.getpixel((2, 2))
        assert f'rgb{around}' == background
        assert ImageStat.Stat(taken.convert('L')).extrema[0][1] > 200  # in which the ink is light
    page.close()


def test_there_are_three_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == ['choose_formats', 'fp4', 'learned_widths']
