"""The page of a network: one file with all numbers, in a browser without a network, and by the command."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from oracles import accessibility
from oracles.browser import launched
from oracles.command import Run, refused, wrote
from quantizers import FixedQ, QuantizerConfig
from quantizers.network import Network, NetworkReport, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

PICTURES = Path(__file__).parents[2] / 'build' / 'pictures'
MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
small (float[N, 6] x) => (float[N, 3] out) {
    zero = Gemm (x, Z)
    hidden = Gemm (x, W)
    active = Relu (hidden)
    out = Gemm (active, V)
}
"""
SPECS = {
    'x.result': FixedQ(8, 3, True, 'RND', 'SAT'),
    'active.result': FixedQ(6, 2, False, 'RND', 'SAT'),
    'out.result': FixedQ(3, 9, True, 'RND', 'SAT'),  # steps of 64
}


def model() -> onnx.ModelProto:
    made, numbers = parser.parse_model(MODEL), np.random.default_rng(0)
    shapes = {'W': (6, 12), 'V': (12, 3), 'Z': (6, 2)}
    weights = {name: numbers.normal(size=shape) * (name != 'Z') for name, shape in shapes.items()}
    made.graph.initializer.extend(numpy_helper.from_array(w.astype('f4'), name) for name, w in weights.items())
    return made


@pytest.fixture(scope='module')
def made() -> tuple[NetworkReport, Profile]:
    network, x = Network.load(model()), np.random.default_rng(1).normal(0, 2, (500, 6))
    return network.report(SPECS), network.profile(x, SPECS)


class Read(HTMLParser):
    """Its text, its elements with their attributes, and that each that begins ends."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ''
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ('meta', 'path') and not self.get_starttag_text().endswith('/>'):  # type: ignore[union-attr]
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f'{data}\n'


def test_it_has_all_numbers_and_loads_nothing(made: tuple[NetworkReport, Profile]) -> None:
    report, profile = made
    page = report.to_html(profile)
    read = Read(page)
    for cells in report.table().texts():
        assert {*cells} - {''} <= {*read.text.split('\n')}
    assert f'{report.ebops:,}' in read.text
    for tensor in profile.tensors:
        assert tensor.name in read.text
        if tensor.spec is not None:
            assert f'{tensor.saturated / tensor.count:.2%} saturated' in read.text
            assert f'{tensor.sqnr:.1f} dB' in read.text
    assert not re.search(r'src=|href=|url\(|@import|<script|https?:', page)
    assert 'What the results hold' not in Read(report.to_html()).text
    assert '<svg' not in report.to_html()


def test_bars_are_the_shares_and_bits_those_of_the_format(made: tuple[NetworkReport, Profile]) -> None:
    report, profile = made
    figures = report.to_html(profile).split('<figure>')[1:]
    assert len(figures) == len(profile.tensors)
    for figure, tensor in zip(figures, profile.tensors, strict=True):
        rects = [attributes for tag, attributes in Read(figure.partition('</figure>')[0]).elements if tag == 'rect']
        bars = {each['x']: each for each in rects if each['class'] != 'bits'}
        assert len(bars) == len(tensor.histogram)
        tallest = max(tensor.histogram.values(), default=0)
        for x, exponent in zip(sorted(bars, key=float), sorted(tensor.histogram, reverse=True), strict=True):  # type: ignore[arg-type]
            share = float(bars[x]['height'] or 0) / 84
            assert share == pytest.approx(max(tensor.histogram[exponent] / tallest, 1 / 84), abs=1e-3)
            spec = tensor.spec
            if spec is None:
                assert bars[x]['class'] == 'held'
            else:
                over, under = exponent >= spec.i, exponent < -spec.f
                assert bars[x]['class'] == ('over' if over else 'under' if under else 'held')
        bands = [float(each['width'] or 0) for each in rects if each['class'] == 'bits']
        assert bands == ([] if tensor.spec is None else [14 * (tensor.spec.i + tensor.spec.f)])
    kinds = set(re.findall('rect class="([a-z]+)"', ''.join(figures)))
    assert kinds == {'bits', 'held', 'over', 'under'}


def test_names_are_escaped(made: tuple[NetworkReport, Profile]) -> None:
    proto = model()
    for node in proto.graph.node:
        for names in (node.input, node.output):
            names[:] = ['<b onload="x">&' if name == 'active' else name for name in names]
    network = Network.load(proto)
    specs = {'x.result': FixedQ(8, 3)}
    page = network.report(specs).to_html(network.profile(np.ones((2, 6)), specs))
    assert '<b onload' not in page
    assert (
        page.count('&lt;b onload=&quot;x&quot;&gt;&amp;') == 3
    )  # in the table, in the caption, and what is read aloud


@pytest.fixture(scope='module')
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.mark.parametrize('screen', [(1280, 900, 'light'), (360, 740, 'dark'), (360, 740, 'light')], ids=str)
def test_in_a_browser(made: tuple[NetworkReport, Profile], browser: Any, screen: Any, tmp_path: Path) -> None:
    width, height, scheme = screen
    report, profile = made
    path = tmp_path / 'report.html'
    path.write_text(report.to_html(profile), 'utf-8')
    context = browser.new_context(viewport={'width': width, 'height': height}, color_scheme=scheme)
    page, trouble = context.new_page(), []
    page.on('console', lambda message: trouble.append(message.text))
    page.on('request', lambda request: request.url == path.as_uri() or trouble.append(request.url))
    page.goto(path.as_uri())
    assert trouble == []
    assert accessibility.violations(page) == []
    assert page.evaluate('document.documentElement.scrollWidth') <= width
    back = page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert back == ('rgb(246, 246, 243)' if scheme == 'light' else 'rgb(19, 21, 25)')
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f'network-{width}-{scheme}.png', full_page=True)  # to be looked at
    context.close()


def test_the_command(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    onnx.save(model(), 'm.onnx')
    QuantizerConfig(SPECS).save('c.json')
    x = np.random.default_rng(1).normal(0, 2, (50, 6))
    np.save('x.npy', x)
    network = Network.load('m.onnx')
    expected = network.report(SPECS)
    table = run('report', 'c.json', 'm.onnx')[1]
    assert run('report', 'c.json', 'm.onnx', '-o', 'p.html') == (0, table, wrote('p.html'))
    assert Path('p.html').read_text('utf-8') == expected.to_html()
    with_samples = expected.to_html(network.profile(x, SPECS))
    assert run('report', 'c.json', 'm.onnx', '--samples', 'x.npy', '-o', '-') == (0, with_samples, '')
    code, out, err = run('report', 'c.json', 'm.onnx', '--samples', 'x.npy', '--json', '-o', 'p.HTML')
    assert (code, err) == (0, wrote('p.HTML'))
    assert json.loads(out) == json.loads(json.dumps(expected.to_dict()))
    assert Path('p.HTML').read_text('utf-8') == with_samples
    kept = Path('c.json').read_bytes()
    given = 'report', 'c.json', 'm.onnx'
    assert '--samples are for a page: name it' in run(*given, '--samples', 'x.npy')[2]
    assert '--json goes with an output that is a file' in run(*given, '-o', '-', '--json')[2]
    refused(run(*given, '-o', 'p.pdf'), 'p.pdf: the name of a page must end in .html')
    Path('link.html').symlink_to('c.json')
    refused(run(*given, '-o', 'link.html'), 'is the input')
    assert Path('c.json').read_bytes() == kept
