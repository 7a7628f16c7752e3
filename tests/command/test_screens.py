"""What the command shows: as it is stored, in the room there is, and as JSON by its schema."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from oracles.command import Run, of_json, refused
from oracles.screens import COMMANDS, SCREENS, WIDTHS, inputs, inside, screens
from quantizers import QuantizerConfig, choose, diff
from quantizers.command.schema import Name
from quantizers.config import changes


@pytest.mark.parametrize('columns', WIDTHS)
def test_screens_are_those_that_are_stored(columns: int, tmp_path: Path) -> None:
    """After a change that is meant: python tests/oracles/screens.py, and look at each."""
    assert screens(columns, tmp_path) == (SCREENS / f'{columns}.txt').read_text('utf-8')


@pytest.mark.parametrize('columns', WIDTHS)
def test_no_table_is_wider_than_the_terminal(columns: int) -> None:
    lines = (SCREENS / f'{columns}.txt').read_text('utf-8').splitlines()
    heads = [line for line in lines if line.startswith('┃')]
    assert len(heads) == 4
    # a name and its type are shown in any
    assert all(len(head) <= columns or head.count('┃') == 3 for head in heads)


def test_json_keeps_to_its_schema(run: Run, tmp_path: Path) -> None:
    with inside(tmp_path):
        inputs(tmp_path)
        found = {name: of_json(run, *arguments) for name, arguments in COMMANDS.items()}
        assert found['choose'] == json.loads(
            json.dumps(choose('w.npz', sqnr=30).to_dict()).replace('Infinity', '"inf"')
        )
        assert found['describe a type']['types']['hls4ml'] == 'fixed<16,6,RND_CONV,SAT_SYM>'
        assert [row['name'] for row in found['describe a configuration']['formats']][:2] == [
            'conv.weight',
            'conv.weight[0]',
        ]
        assert found['diff']['arrays'][0]['differences'] == 56
        assert found['quantize']['wrote'] == ['out/w.npz', 'out/w.h']
        two = QuantizerConfig.load('a.json'), QuantizerConfig.load('b.json')
        assert found['config diff'] == changes(*two).to_dict()
        assert of_json(run, 'prove', 'ap_fixed<3, 14>', '--dtype', 'float16')['proofs'][0]['verdict'] == 'proved'
        assert of_json(run, 'diff', 'ap_fixed<8, 3>', 'ap_fixed<8, 4>', '--prove')['proof']['verdict'] == 'refuted'
        assert of_json(run, 'verify', 'ap_fixed<4, 2>', '-n', 100)['differences'] == 0


def test_json_of_commands_that_write(run: Run, tmp_path: Path) -> None:
    with inside(tmp_path):
        inputs(tmp_path)
        for output, *arguments in (
            ('m.json', 'config', 'merge', 'a.json', 'b.json', '--later-wins'),
            ('x.hex', 'codes', 'ap_fixed<8,3>', '--input', 'x.npy', '--format', 'readmemh'),
            ('y.npy', 'codes', 'ap_fixed<8,3>', '--input', 'x.hex', '--format', 'readmemh'),
            ('x.svg', 'plot', 'ap_fixed<8,3>'),
        ):
            assert of_json(run, *arguments, '-o', output) == {'wrote': [output]}
            assert Path(output).exists()
        for arguments in (['config', 'merge', 'a.json'], ['codes', 'int<3>', '--input', 'x.npy', '--format', 'mif']):
            assert '--json goes with an output that is a file' in run(*arguments, '-o', '-', '--json')[2]
        found = of_json(run, 'convert', 'int<8>', '--to', 'hls4ml')
        assert found == {'to': 'hls4ml', 'type': 'fixed<8,8>'}
        assert of_json(run, 'convert', 'int<8>', '--to', 'json')['type']['width'] == 8


def test_json_has_no_number_that_json_has_not(run: Run, tmp_path: Path) -> None:
    with inside(tmp_path):
        np.save('x.npy', [np.inf, -np.inf, np.nan, 0.5])
        (first,) = of_json(run, 'diff', 'ap_fixed<8,3,AP_RND,AP_SAT>', 'ap_fixed<8,3>', '--input', 'x.npy')['arrays']
        assert (first['first']['x'], first['first']['b']) == ('inf', 'nan')
        np.savez('w.npz', w=[0.5, 0.25])
        assert of_json(run, 'choose', 'w.npz', '--max-error', 0)['choices'][0]['sqnr'] == 'inf'
        assert of_json(run, 'describe', 'ap_fixed<4096, 4096>')['largest'] == 'inf'


def test_every_schema_is_of_a_command(run: Run) -> None:
    for name in Name.__args__:
        assert json.loads(run('schema', name)[1])['type' if name not in ('describe', 'config') else '$defs']


def test_a_name_in_both_and_in_one(run: Run, tmp_path: Path) -> None:
    with inside(tmp_path):
        inputs(tmp_path)
        assert run('config', 'diff', 'a.json', 'a.json') == (0, '0 differ, 3 the same\n', '')
        code, out, err = run('config', 'diff', 'a.json', 'b.json')
        assert (code, err) == (1, '')
        assert out.startswith(
            'conv.weight[1]\n  - ap_fixed<8, 2, AP_RND, AP_SAT>\n  + ap_fixed<9, 2, AP_RND, AP_SAT>\n'
        )
        QuantizerConfig({'t': 'ap_fixed<2, 2, AP_RND_CONV, AP_SAT_SYM>'}).save('t.json')
        Path('u.json').write_text('{"version": 1, "specs": {"t": {"kind": "ternary"}}}')
        out = run('config', 'diff', 't.json', 'u.json')[1]
        assert out == "t\n  - FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM')\n  + TernaryQ()\n1 differ, 0 the same\n"


def test_merged(run: Run, tmp_path: Path) -> None:
    with inside(tmp_path):
        inputs(tmp_path)
        refused(run('config', 'merge', 'a.json', 'b.json', '-o', 'm.json'), 'two formats of one name', "'conv.weight'")
        refused(run('config', 'merge', 'a.json', 'none.json', '-o', 'm.json'), 'none.json: No such file')
        refused(run('config', 'merge', 'a.json', 'b.json', '-o', 'a.json'), 'a.json')
        assert not Path('m.json').exists()
        assert run('config', 'merge', 'a.json', 'b.json', '-o', 'm.json', '--later-wins')[0] == 0
        a, b, both = map(QuantizerConfig.load, ('a.json', 'b.json', 'm.json'))
        assert dict(both) == {**a, **b}
        assert both.description == 'a small network'


def test_what_is_shown_in_a_session(tmp_path: Path) -> None:
    config = QuantizerConfig({f'w{n}': 'fixed<8,3>' for n in range(57)}, description='d')
    assert repr(config).splitlines()[-3:] == ["    'w19': FixedQ(8, 3),", '    # and 37 more', "}, description='d')"]
    assert 'and 37 more' in config._repr_html_()
    assert repr(QuantizerConfig({})) == 'QuantizerConfig({})'
    choices = choose({f'w{n}': np.arange(4) for n in range(30)}, width=8)
    assert len(repr(choices).splitlines()) == 22
    assert max(map(len, repr(choices).splitlines())) <= 100
    assert repr(choices['w0']).startswith(f'{choices["w0"].spec.label}: {choices["w0"].reason}\n')
    (chosen,) = [line for line in repr(choices['w0']).splitlines() if line.startswith('  >')]
    assert choices['w0'].spec.label in chosen
    report = diff('fixed<8,3>', 'fixed<8,4>')
    assert (repr(report), report._repr_html_()[:8]) == (str(report), '<pre>a: ')
    assert [*report.to_dataframe()['which']] == ['first', 'worst']
