"""The page of `quantizers explore` in a real browser: Chromium, driven by playwright."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest
from PIL import Image

from oracles import accessibility
from oracles.browser import chromium, launched
from oracles.pictures import script
from quantizers.show.explore import Server
from quantizers.show.explore._data import Data

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page

TAKEN = script('explore')
PICTURES = Path(__file__).parents[2] / 'build' / 'pictures'
SCREENS = [(1280, 900, 'light'), (360, 740, 'dark')]


@pytest.fixture(scope='module')
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope='module')
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    yield server.url
    server.data = Data()  # of a file that a test sent nothing stays


class Visit:
    """A page, and all that went wrong on it or went elsewhere."""

    def __init__(self, browser: Browser, url: str, screen: tuple[int, int, str] = SCREENS[0], **state: str) -> None:
        width, height, scheme = screen
        self.context = browser.new_context(
            viewport={'width': width, 'height': height},
            color_scheme=scheme,
            permissions=['clipboard-read', 'clipboard-write'],
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)  # of the widest formats a page takes seconds on a busy machine
        self.trouble: list[str] = []
        self.page.on('console', lambda message: self.trouble.append(f'console: {message.text}'))
        self.page.on('pageerror', lambda error: self.trouble.append(f'error: {error}'))
        self.page.on('dialog', lambda dialog: (self.trouble.append(f'dialog: {dialog.message}'), dialog.dismiss()))
        self.page.on('request', lambda request: request.url.startswith(url) or self.trouble.append(request.url))
        self.page.goto(f'{url}#{urlencode(state)}' if state else url)
        self.shows('.which', ' of ')  # what is asked for last
        self.page.locator('#plot path.curve').first.wait_for()

    def text(self, selector: str) -> str:
        return (self.page.locator(selector).first.text_content() or '').strip()

    def shows(self, selector: str, text: str) -> None:
        """Wait until an element is seen with this text in it."""
        self.page.locator(selector).filter(has_text=text).first.wait_for()

    def until(self, condition: str) -> None:
        """Wait until JavaScript holds; playwright's own wait has the page evaluate text, which its policy refuses."""
        end = time.monotonic() + 15
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, condition
            self.page.wait_for_timeout(20)

    def state(self) -> dict[str, list[str]]:
        return parse_qs(self.page.evaluate('location.hash.slice(1)'), keep_blank_values=True)

    def focused(self) -> str:
        return self.page.evaluate(
            '() => { const e = document.activeElement; return e.id || e.className || e.ariaLabel || e.tagName }'
        )


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[Any]:
    visits: list[Visit] = []

    def go(screen: tuple[int, int, str] = SCREENS[0], **state: str) -> Visit:
        visits.append(Visit(browser, url, screen, **state))
        return visits[-1]

    yield go
    for each in visits:
        each.context.close()
        assert each.trouble == []


def test_a_format_its_modes_and_its_text_to_copy(visit: Any) -> None:
    v = visit()
    v.page.fill('#a', 'fixed<6,3,RND,SAT>')
    v.page.fill('#x', '1.3')
    v.shows('.value', '1.25')
    assert v.text('.type') == 'ap_fixed<6, 3, AP_RND, AP_SAT>'
    assert v.text('.facts dl').startswith('bits6')
    v.page.fill('#x', '5')
    v.shows('.value', '3.875')
    v.page.select_option('.overflow', 'WRAP')
    v.shows('.value', '-3')
    assert v.page.input_value('#a') == 'fixed<6,3,RND>'
    v.page.click('.modes button[aria-label^="TRN_ZERO, SAT_ZERO"]')
    v.shows('.value', '0')
    v.shows('.type', 'AP_TRN_ZERO, AP_SAT_ZERO')
    assert v.page.locator('.rounding').first.input_value() == 'TRN_ZERO'
    v.page.click('button[aria-label="Copy C++"]')
    v.shows('#said', 'C++: copied')
    assert v.text('button[aria-label="Copy C++"]') == 'Copied'
    assert v.page.evaluate('navigator.clipboard.readText()') == 'ap_fixed<6, 3, AP_TRN_ZERO, AP_SAT_ZERO>'
    v.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')) }")
    v.page.click('button[aria-label="Copy AC"]')
    v.shows('#said', 'AC: selected')
    assert v.page.evaluate('getSelection().toString()') == 'ac_fixed<6, 3, true, AC_TRN_ZERO, AC_SAT_ZERO>'


def test_the_numbers_are_text_and_never_rounded(visit: Any) -> None:
    v = visit(a='ap_fixed<65,65>', x='9007199254740993')
    v.shows('.value', '9007199254740993')
    v.page.fill('#x', 'nan')
    v.shows('.result .refused', 'NaN has no code')
    v.page.fill('#x', '1/3')
    v.shows('.from', '1/3')
    v.page.fill('#a', 'ap_fixed<4096,8>')
    v.shows('.width', '4096 bits')
    v.shows('.which', '8 of 2^4096')


def test_errors_are_the_librarys_and_text_stays_text(visit: Any) -> None:
    v = visit()
    bad = '<img src=x onerror=alert(1)>'
    v.page.fill('#a', bad)
    v.shows('#error-a', f"'{bad}': not a type: a name, and arguments in <>, are wanted")
    assert v.page.get_attribute('#a', 'aria-invalid') == 'true'
    assert 'stale' in (v.page.get_attribute('.answer', 'class') or '')
    v.page.fill('#x', bad)
    v.page.fill('#a', 'ap_int<8>')
    v.shows('#error-x', f"not a number: '{bad}'")
    v.until("document.querySelector('#error-a').textContent === ''")
    v.page.fill('#b', 'ap_int<0>')
    v.shows('#error-b', "'width' must be an integer from 1 to 4096: 0")
    assert v.page.locator('article:visible').count() == 1
    assert v.page.locator('img').count() == 0


def test_two_formats_side_by_side(visit: Any) -> None:
    v = visit(a='ap_fixed<8,3,AP_RND,AP_SAT>', b='ap_minifloat<1,2,1>', x='0.7')
    v.shows('article >> nth=1', 'ap_minifloat<1, 2, 1>')
    v.until("document.querySelectorAll('#plot path.curve').length === 2")
    left, right = (v.page.locator('article').nth(n).bounding_box() for n in (0, 1))
    assert left['y'] == right['y']
    assert left['x'] + left['width'] < right['x']
    assert v.page.locator('output.value').all_inner_texts() == ['0.6875', '0.5']
    assert v.page.locator('article').nth(1).locator('.modes').is_hidden()
    assert v.page.locator('#below path.band.a, #below path.curve.b').count() == 2  # many steps, and few
    v.page.check('input[value=difference]')
    v.until("document.querySelectorAll('#below path.curve').length === 1")
    v.page.fill('#b', '')
    v.until("document.querySelectorAll('#plot path.curve').length === 1")
    assert v.page.is_disabled('input[value=difference]')
    assert v.page.locator('article:visible').count() == 1


def test_the_address_is_the_state(visit: Any) -> None:
    v = visit(
        a='ac_fixed<9,4>', b='ap_binary', x='-0x1p-3', low='-0x1p+0', high='0x1p+0', below='difference', base='hex'
    )
    v.shows('article >> nth=1', 'ap_binary')
    assert v.page.is_checked('input[value=difference]')
    assert v.page.input_value('#base') == 'hex'
    v.page.fill('#x', '2')
    v.until("document.querySelector('.value').textContent === '2'")
    v.page.click('[data-zoom=whole]')
    v.until("!location.hash.includes('&low=')")
    assert v.state() == {
        'a': ['ac_fixed<9,4>'],
        'b': ['ap_binary'],
        'x': ['2'],
        'below': ['difference'],
        'base': ['hex'],
    }
    v.page.evaluate("location.hash = '#a=ap_int<4>&x=3&below=nothing&base=7&other=1'")
    v.shows('.type', 'ap_fixed<4, 4>')
    assert v.page.input_value('#b') == ''
    assert (v.page.is_checked('input[value=error]'), v.page.input_value('#base')) == (True, 'binary')
    v.page.evaluate("location.hash = '#a=ap_int<4>&low=2&high=x'")
    v.shows('#trouble', 'the ends of a window must be two numbers')


def test_back_undoes(visit: Any) -> None:
    v = visit(a='ap_fixed<8,3>', x='1.3')
    v.page.click('[aria-label="more width"]')
    v.shows('.answer .type', 'ap_fixed<9, 3>')
    v.page.click('[aria-label="more width"]')
    v.shows('.answer .type', 'ap_fixed<10, 3>')
    v.page.select_option('.presets', label='OCP FP4 E2M1')
    v.shows('.answer .type', 'ap_minifloat<1, 2, 1>')
    v.page.go_back()
    v.shows('.answer .type', 'ap_fixed<10, 3>')
    v.page.go_back()  # both steps of the width, which were one after the other
    v.shows('.answer .type', 'ap_fixed<8, 3>')
    assert v.page.input_value('#a') == 'ap_fixed<8,3>'
    v.page.go_forward()
    v.shows('.answer .type', 'ap_fixed<10, 3>')


def test_what_one_turns(visit: Any) -> None:
    v = visit(a='fixed<8,3,RND,SAT>', x='3.3')
    v.page.click('[aria-label="less integer"]')
    v.shows('.value', '1.984375')
    v.shows('.kind', 'beyond the range')
    assert v.page.input_value('#a') == 'fixed<8,2,RND,SAT>'
    v.page.focus('[aria-label="integer"]')
    v.page.keyboard.press('ArrowRight')
    v.shows('.value', '3.3125')
    v.page.locator('.control', has_text='signed').locator('input').uncheck()
    v.until("document.querySelector('#a').value === 'ufixed<8,3,RND,SAT>'")
    v.page.fill('#a', 'ap_fixed<1,1>')
    v.until('document.querySelector(\'[aria-label="less width"]\').disabled')
    v.page.fill('#a', 'ap_fixed<8,3,AP_RND,AP_SAT>')
    v.page.fill('#x', '1.3')
    v.shows('.advice', 'Nearer with 8 bits')
    v.page.click('.advice button')
    v.shows('.answer .type', 'ap_fixed<8')
    v.shows('.advice', 'No fixed point of 8 bits is nearer')


def middle(v: Any) -> tuple[float, float, float]:
    box = v.page.locator('#plot').bounding_box()
    return box['x'], box['y'] + box['height'] / 2, box['width']


def line_of_x(v: Any) -> float:
    box = v.page.locator('#plot line.at').bounding_box()
    return box['x'] + box['width'] / 2


def test_the_chart_is_live(visit: Any) -> None:
    v = visit(a='ap_fixed<8,3,AP_RND,AP_SAT>', x='3.3')
    left, y, width = middle(v)
    v.page.mouse.move(left + width / 2, y)
    v.shows('#tip', 'x = ')
    v.shows('#tip', 'between')
    v.page.mouse.move(line_of_x(v), y)
    v.until("document.querySelector('#plot').style.cursor === 'ew-resize'")
    v.page.mouse.down()
    v.page.mouse.move(left + width * 0.3, y, steps=4)
    v.page.mouse.up()
    v.until("Number(document.querySelector('#x').value) < -0.5")
    before = float(v.page.input_value('#x'))
    v.until(f"document.querySelector('.from').textContent === '{v.page.input_value('#x')}'")
    v.page.mouse.wheel(0, -100)
    v.until("location.hash.includes('&low=')")
    v.until("document.querySelectorAll('#plot path.curve').length === 1")
    assert float(v.page.input_value('#x')) == before
    v.page.go_back()
    v.until("!location.hash.includes('&low=')")
    v.page.focus('#plot')
    v.page.keyboard.press('ArrowRight')
    v.until(f"Number(document.querySelector('#x').value) > {before}")
    v.page.keyboard.press('+')
    v.until("location.hash.includes('&low=')")
    now = v.state()['low']
    v.page.keyboard.press('Shift+ArrowRight')
    v.until(f'!location.hash.includes({urlencode({"low": now[0]})!r})')
    v.page.keyboard.press('0')
    v.until("!location.hash.includes('&low=')")
    v.page.mouse.move(5, 5)
    v.until("document.querySelector('#tip').hidden")


def test_what_is_dragged_is_one_step_back(visit: Any) -> None:
    v = visit(a='ap_fixed<8,3>', x='1')
    entries = v.page.evaluate('history.length')
    left, y, width = middle(v)
    v.page.mouse.move(line_of_x(v), y)
    v.page.mouse.down()
    v.page.mouse.move(left + width * 0.7, y, steps=12)
    v.page.mouse.up()
    v.until("document.querySelector('#x').value !== '1'")
    v.page.wait_for_load_state('networkidle')
    assert v.page.evaluate('history.length') == entries + 1
    v.page.go_back()
    v.until("document.querySelector('#x').value === '1'")


def test_the_chart_is_moved_by_what_is_not_x(visit: Any) -> None:
    v = visit(a='ap_fixed<8,3>', x='1', low='-2', high='2')
    entries = v.page.evaluate('history.length')
    left, y, width = middle(v)
    line = line_of_x(v)
    v.page.mouse.move(left + width * 0.3, y)
    v.page.mouse.down()
    assert v.page.evaluate("getComputedStyle(document.querySelector('#plot')).cursor") == 'grabbing'
    v.page.mouse.move(left + width * 0.4, y, steps=8)
    v.page.mouse.up()
    # what is under the pointer stays there
    seen = "document.querySelector('#plot line.at').getBoundingClientRect().x"
    v.until(f'Math.abs({seen} - {line + width * 0.1}) < 2 && location.hash.includes("&high=0x1.")')
    low, high = (float.fromhex(v.state()[end][0]) for end in ('low', 'high'))
    assert high - low == pytest.approx(4, abs=0.01)
    assert -2.6 < low < -2.4
    assert v.page.input_value('#x') == '1'
    assert v.page.evaluate('history.length') == entries + 1
    v.page.mouse.click(left + width * 0.9, y)
    v.until("Number(document.querySelector('#x').value) > 1.05")
    assert [float.fromhex(v.state()[end][0]) for end in ('low', 'high')] == [low, high]
    v.page.go_back()
    v.until("document.querySelector('#x').value === '1'")
    v.page.go_back()
    v.until("location.hash.includes('low=-2&high=2')")


def test_a_file_is_dropped_and_shown(visit: Any, tmp_path: Path) -> None:
    np.save(tmp_path / 'w.npy', 4 * np.random.default_rng(1).normal(size=1000))
    v = visit(a='ap_fixed<8,3,AP_RND,AP_SAT>', b='ap_minifloat<1,2,1>')
    v.page.set_input_files('#file', tmp_path / 'w.npy')
    v.shows('.histogram .lost', '1,000 numbers')
    assert v.page.locator('.histogram').count() == 2
    assert v.page.locator('.bars rect.kind-0').count() > 5
    v.shows('.histogram >> nth=1', 'become 0')
    v.page.locator('.proposal button').first.click()
    v.shows('.proposal', 'No fixed point of as many bits')
    v.until("document.querySelector('#a').value === document.querySelector('.answer .type').textContent")
    v.page.evaluate("""() => {
        const data = new DataTransfer()
        data.items.add(new File(['1, 2, nan'], 'n.csv'))
        dispatchEvent(Object.assign(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })))
    }""")
    v.shows('#error-tensor', 'all numbers must be finite')
    v.page.evaluate("""() => {
        const data = new DataTransfer()
        data.items.add(new File(['?'], '<b>.csv'))
        dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }))
    }""")
    v.shows('#error-tensor', "'<b>.csv':1: not a number: '?'")
    v.trouble[:] = [text for text in v.trouble if '400' not in text]  # which the browser says of its own


def test_words_are_explained(visit: Any) -> None:
    v = visit(a='ap_fixed<8,3>')
    v.page.locator('.modes').get_by_role('button', name='RND_CONV', exact=True).click()
    v.shows('#meaning', 'ties to the even code')
    v.page.keyboard.press('Escape')
    v.until("!document.querySelector('#meaning').matches(':popover-open')")


def test_the_table_of_values(visit: Any) -> None:
    v = visit(a='ap_fixed<8,3>', x='3')
    v.shows('.values tr.here', '0x1.8p+1')
    assert v.text('.which') == '193 to 256 of 256'
    v.page.click('button[aria-label="first values"]')
    v.shows('.which', '1 to 64 of 256')
    assert v.page.locator('.values tbody tr').first.inner_text().split() == ['10000000', '-4', '-0x1p+2']
    v.page.click('button[aria-label="values around x"]')
    v.shows('.which', '193 to 256')
    assert v.page.locator('button[aria-label="last values"]').first.is_disabled()


def test_a_page_of_values_that_comes_late_is_not_shown(visit: Any) -> None:
    v = visit()
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    of_a_button = '**/api/values*start=*'
    v.page.route(of_a_button, hold)
    v.page.click('[aria-label="first values"]')
    v.page.fill('#a', 'ap_int<4>')
    v.shows('.which', '1 to 16 of 16')
    with v.page.expect_response(of_a_button):
        held[0].continue_()
    v.page.wait_for_load_state('networkidle')
    assert v.text('.which') == '1 to 16 of 16'


def test_what_has_the_focus_keeps_it(visit: Any) -> None:
    v = visit(a='ap_fixed<8,3>')
    v.page.focus('button[aria-label="Copy hls4ml"]')
    v.page.evaluate("location.hash = '#a=fixed<9,3>'")
    v.shows('.type', 'ap_fixed<9, 3>')
    assert v.focused() == 'Copy hls4ml'
    v.page.click('.modes button[aria-label^="RND, SAT:"]')
    v.shows('.type', 'ap_fixed<9, 3, AP_RND, AP_SAT>')
    v.until("document.activeElement.ariaLabel.startsWith('RND, SAT:')")


def test_by_keyboard_alone(visit: Any) -> None:
    v = visit(a='ap_fixed<8,3>', x='3.9999')
    keys = v.page.keyboard
    keys.press('Tab')
    assert v.focused() == 'presets'
    keys.press('Tab')
    assert v.focused() == 'a'
    keys.press('Control+a')
    keys.type('ap_fixed<8,3,AP_RND,AP_WRAP>')
    v.until("document.querySelector('.value').textContent === '-4'")
    order = []
    for _ in range(20):
        keys.press('Tab')
        order.append(v.focused())
        outline = v.page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
        assert outline != 'none', order
    assert order[:3] == ['x', 'presets', 'b']
    assert order.count('step') >= 4  # of width and integer, which are turned by them
    v.page.focus('.overflow')
    keys.press('ArrowDown')
    v.shows('.value', '3.96875')
    assert v.focused() == 'overflow'
    v.page.focus('[aria-label="Copy C++"]')
    keys.press('Enter')
    v.shows('#said', 'copied')
    assert v.page.evaluate('navigator.clipboard.readText()') == 'ap_fixed<8, 3, AP_RND, AP_SAT>'
    v.page.focus('input[value=error]')
    keys.press('Tab')
    v.page.focus('[data-zoom=in]')
    keys.press('Enter')
    v.until("location.hash.includes('&low=')")


# WCAG 2.2, "contrast ratio", of each element with text of its own
CONTRAST = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number)
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255)
  const ground = (e) => {
    const colour = getComputedStyle(e).backgroundColor
    return parts(colour)[3] === 0 ? ground(e.parentElement) : colour
  }
  const found = []
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    if (!own || !e.checkVisibility() || e.closest(':disabled, .unseen, option, svg')) continue
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(parts(ground(e)))].sort((p, q) => q - p)
    found.push([(a + 0.05) / (b + 0.05), `${e.tagName}.${e.className}: ${e.textContent}`])
  }
  return found.sort((p, q) => p[0] - q[0])
}"""


@pytest.mark.parametrize('screen', SCREENS, ids=str)
def test_it_fits_and_is_read_on_every_screen(visit: Any, screen: tuple[int, int, str]) -> None:
    v = visit(screen, a='ap_fixed<4096,2000,AP_RND_MIN_INF,AP_SAT_ZERO>', b='ap_minifloat<52,11>', x=f'-{"7" * 300}/3')
    v.shows('article >> nth=1', 'ap_minifloat<52, 11, 0>')
    v.page.wait_for_load_state('networkidle')
    assert v.page.evaluate('document.documentElement.scrollWidth') <= screen[0]
    v.page.fill('#a', 'ap_fixed<8,3,AP_RND,AP_SAT>')
    v.page.fill('#b', f'ap_{"x" * 200}')
    v.page.fill('#x', '3.3')
    v.shows('#error-b', 'no known type')
    v.page.wait_for_load_state('networkidle')
    assert v.page.evaluate('document.documentElement.scrollWidth') <= screen[0]
    v.page.fill('#b', 'ap_fixed<16,6>')
    v.shows('article >> nth=1', 'ap_fixed<16, 6>')
    v.until("!document.querySelector('.stale')")
    v.page.wait_for_timeout(200)  # the colours of what was stale come back slowly
    contrasts = v.page.evaluate(CONTRAST)
    assert len(contrasts) > 100
    assert contrasts[0][0] >= 4.5, contrasts[:3]
    nameless = 'e => !(e.labels?.length || /[\\w…]/.test(e.ariaLabel || e.textContent))'
    unnamed = [e for e in v.page.locator('input, select, button').all() if e.evaluate(nameless)]
    assert unnamed == []


@pytest.mark.parametrize('screen', [(1400, 1000), (360, 780)], ids=str)
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_the_answer_is_on_the_first_screen(visit: Any, screen: tuple[int, int], scheme: str, tmp_path: Path) -> None:
    v = visit((*screen, scheme), a='ap_fixed<8, 3, AP_RND, AP_SAT>', x='3.3')
    np.save(tmp_path / 'w.npy', np.random.default_rng(1).normal(size=1000))
    v.page.set_input_files('#file', tmp_path / 'w.npy')
    v.shows('.histogram .lost', '1,000 numbers')
    v.page.evaluate('scrollTo(0, 0)')
    for shown in ('#x', 'output.value', '.digits', '.advice', '.controls'):
        box = v.page.locator(shown).first.bounding_box()
        assert box['y'] + box['height'] <= screen[1], shown
    PICTURES.mkdir(parents=True, exist_ok=True)
    v.page.screenshot(path=PICTURES / f'explore-{screen[0]}-{scheme}.png', full_page=True)  # to be looked at


@pytest.mark.parametrize('screen', SCREENS, ids=str)
def test_axe_finds_nothing(visit: Any, screen: tuple[int, int, str], tmp_path: Path) -> None:
    v = visit(screen, a='ap_fixed<8, 3, AP_RND, AP_SAT>', b='ap_minifloat<1, 2, 1>', x='3.3')
    np.save(tmp_path / 'w.npy', np.random.default_rng(1).normal(size=1000))
    v.page.set_input_files('#file', tmp_path / 'w.npy')
    v.shows('.histogram >> nth=1', '1,000 numbers')
    v.until("!document.querySelector('.stale')")
    v.page.wait_for_timeout(200)  # the colours of what was stale come back slowly
    assert accessibility.violations(v.page) == []


def test_a_server_that_ended_is_said(browser: Browser) -> None:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05})
        thread.start()
        v = Visit(browser, server.url)
        server.shutdown()
        thread.join()
    v.page.route('**/api/**', lambda route: route.abort())  # what is connected already stays so
    v.page.fill('#x', '1')
    v.shows('#trouble', 'No answer: has quantizers explore ended?')
    v.context.close()


def test_without_a_browser_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('CHROMIUM', raising=False)
    monkeypatch.setattr(shutil, 'which', lambda name: None)
    with pytest.raises(pytest.fail.Exception, match='apt-get install chromium'):
        chromium()
    monkeypatch.setenv('CHROMIUM', '/nowhere/chrome')
    with pytest.raises(pytest.fail.Exception, match='/nowhere/chrome is not installed'):
        chromium()


def tiles(picture: Image.Image) -> NDArray[np.float64]:
    """The mean colours of tiles of 20 pixels, where another font or smoothing of it makes little difference."""
    width, height = (size // 20 for size in picture.size)
    return np.asarray(picture.convert('RGB').resize((width, height), Image.Resampling.BOX), dtype=float)


@pytest.mark.parametrize('name', TAKEN.SCHEMES)
def test_the_pictures_of_the_documentation_are_of_this_page(name: str, browser: Browser, url: str) -> None:
    with Image.open(TAKEN.FOLDER / f'{name}.png') as stored:
        there = tiles(stored)

    def away(**other: str) -> float:
        now = tiles(TAKEN.take(browser, url, TAKEN.SCHEMES[name], TAKEN.SHOWN | other))
        assert now.shape == there.shape
        return float(np.abs(now - there).max())

    # in the fonts of Debian's fonts-dejavu-core
    assert away() < 25 < away(x='1.5')
