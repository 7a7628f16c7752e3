"""The command `quantizers`: what it prints and writes, its exit codes, and one clear line for each error."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import re
import runpy
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.command import Run, refused, wrote
from quantizers import BinaryQ, FixedQ, MinifloatQ, PrecisionWarning, TernaryQ, __version__
from quantizers.cli import main
from quantizers.command.console import COMMANDS
from quantizers.config import QuantizerConfig
from quantizers.cpp import header

TARGETS = 'ap ac hls4ml numpy p3109 mx fxp ti arm matlab vhdl qkeras apytypes json'.split()
SPECS = {'dense1.weight': FixedQ(8, 2, True, 'RND', 'SAT'), 'dense1.bias': FixedQ(16, 6)}
TENSORS = {
    'dense1.weight': np.array([[0.5, -0.26, 3.0], [0.001, 1.9, -9.0]], np.float32),
    'dense1.bias': np.array([0.125, 0.0], np.float64),
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / 'config.json'
    QuantizerConfig(SPECS).save(path)
    return path


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / 'weights.npz'
    np.savez(path, **TENSORS)
    return path


def npz_bytes(tensors: dict[str, Any]) -> bytes:
    """An `.npz` file made by NumPy and zipfile, with any names and no dates."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as file:
        for name, tensor in tensors.items():
            with file.open(zipfile.ZipInfo(f'{name}.npy'), 'w', force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(tensor), allow_pickle=False)
    return stream.getvalue()


def cells(table: str) -> list[list[str]]:
    lines = [line for line in table.splitlines() if line.startswith('│')]
    return [[cell.strip() for cell in line.strip('│').split('│')] for line in lines]


def test_describe_a_type(run: Run) -> None:
    code, out, err = run('describe', 'fixed<8,3,RND,SAT>')
    assert (code, err) == (0, '')
    assert dict(cells(out)) == {
        'spec': "FixedQ(8, 3, True, 'RND', 'SAT')",
        'ap': 'ap_fixed<8, 3, AP_RND, AP_SAT>',
        'ac': 'ac_fixed<8, 3, true, AC_RND, AC_SAT>',
        'hls4ml': 'fixed<8,3,RND,SAT>',
        'bits': '8',
        'sign, integer, fraction bits': '1, 2, 5',
        'step': '0.03125',
        'smallest': '-4',
        'largest': '3.96875',
        'exact in': 'float16, bfloat16, float32, float64',
    }


def test_describe_a_minifloat_a_binary_and_a_wide_type(run: Run) -> None:
    mini = dict(cells(run('describe', 'ap_minifloat<1,2,1>')[1]))
    assert (mini['exponents'], mini['smallest positive value'], mini['largest']) == ('0 to 2', '0.5', '6')
    assert mini['ac'] == "- (the dialect 'ac' cannot say 'ap_minifloat<1, 2, 1>': it has no minifloat type)"
    binary = dict(cells(run('describe', 'ap_binary')[1]))
    assert (binary['step'], binary['smallest'], binary['largest']) == ('2', '-1', '1')
    wide = dict(cells(run('describe', 'ap_fixed<4096, 2048>')[1]))
    assert wide['exact in'] == 'no float dtype'
    assert wide['smallest'].startswith('~-1.6158503')
    assert 'E+616' in wide['smallest']


def test_a_name_of_blocks(run: Run, tmp_path: Path) -> None:
    code, out, error = run('describe', 'MXFP4')
    assert (code, error) == (0, '')
    assert re.search(r'MXFP4 +│ MXFP4 │ +- ', out)
    np.save(tmp_path / 'x.npy', [0.5])
    for arguments in (
        ('codes', 'MXFP4', '--input', tmp_path / 'x.npy', '--format', 'coe', '-o', tmp_path / 'x.mem'),
        ('codes', 'MXFP4', '--input', tmp_path / 'x.coe', '--format', 'coe', '-o', tmp_path / 'y.npy'),
        ('plot', 'MXFP4', '-o', tmp_path / 'x.png'),
        ('plot', 'MXFP4', '--input', tmp_path / 'x.npy', '-o', tmp_path / 'x.png'),
        ('verify', 'MXFP4'),
        ('prove', 'MXFP4'),
    ):
        code, out, error = run(*arguments)
        assert (code, out) == (2, '')
        assert re.match(r"quantizers: error: the kind 'block' cannot [^\n]*: its values depend on [^\n]*\n$", error), (
            error
        )


def test_describe_a_file(run: Run, config: Path) -> None:
    code, out, err = run('describe', config)
    assert (code, err) == (0, '')
    assert cells(out) == [
        ['dense1.weight', 'ap_fixed<8, 2, AP_RND, AP_SAT>', '8', '0.015625', '-2', '1.984375'],
        ['dense1.bias', 'ap_fixed<16, 6>', '16', '0.0009765625', '-32', '31.9990234375'],
    ]
    QuantizerConfig({'a\x1b[31m[red]\n': 'int<8>'}, description='d\x1b[1m').save(config)
    out = run('describe', config)[1]
    assert cells(out)[0][0] == 'a\\x1b[31m[red]\\n'
    assert 'd\\x1b[1m' in out
    assert '\x1b' not in out


MOST_CALLS = {'load': 30, 'describe': 100, 'emit': 70, 'to_hls4ml': 60}


@pytest.mark.parametrize('command', MOST_CALLS)
def test_a_large_configuration_takes_a_few_calls_a_name(command: str, run: Run, tmp_path: Path) -> None:
    path, count = tmp_path / 'c.json', 3000
    types = [FixedQ(4 + n % 9, n % 5, True, 'RND', 'SAT') for n in range(45)]
    QuantizerConfig({f'layer{n}.weight': types[n % 45] for n in range(count)}).save(path)

    def ordered() -> None:
        if command == 'describe':
            assert run('describe', path)[1].count('\n') == count + 4
        elif command == 'emit':
            assert run('emit', path, '-o', tmp_path / 'c.h')[0] == 0
        elif command == 'load':
            assert len(QuantizerConfig.load(path)) == count
        else:
            assert len(QuantizerConfig.load(path).to_hls4ml()['LayerName']) == count

    ordered()  # what is imported on first use
    calls = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ('call', 'c_call')

    sys.setprofile(seen)
    try:
        ordered()
    finally:
        sys.setprofile(None)
    assert calls < MOST_CALLS[command] * count


def test_all_that_is_wrong_in_a_file_is_said_a_line_each(run: Run, config: Path) -> None:
    config.write_text('{"version": 1, "specs": {"a\\nb": {"kind": "fixed", "widht": 8, "integer": 3}}}')
    code, out, err = run('describe', config)
    assert (code, out) == (2, '')
    assert err.splitlines() == [
        f"quantizers: error: {config}: specs.'a\\nb'.widht: unknown key; did you mean 'width'?",
        f"quantizers: error: {config}: specs.'a\\nb'.width: this key is missing",
    ]
    config.write_text(json.dumps({'version': 1, 'specs': dict.fromkeys('abcdefghijklm', 8)}))
    assert run('describe', config)[2].splitlines()[10:] == ['quantizers: error: and 3 more']


def test_describe_refuses_what_is_neither(run: Run, config: Path) -> None:
    refused(run('describe', 'ap_fixd<8,3>'), "neither a type nor a file: 'ap_fixd<8,3>'", 'Known are ap_fixed')
    refused(run('describe', 'missing.json'), 'missing.json: No such file or directory')
    config.write_text('{"version": 1, "specs": {"a": {"kind": "fixed", "width": 0, "integer": 3}}}')
    refused(run('describe', config), f"{config}: specs.a.width: 'width' must be an integer from 1 to 4096: 0")


@pytest.mark.parametrize(
    ('target', 'expected'),
    [
        ('ap', 'ap_ufixed<8, 3, AP_RND, AP_SAT>\n'),
        ('ac', 'ac_fixed<8, 3, false, AC_RND, AC_SAT>\n'),
        ('hls4ml', 'ufixed<8,3,RND,SAT>\n'),
    ],
)
def test_convert(run: Run, target: str, expected: str) -> None:
    assert run('convert', 'ac_fixed<8,3,false,AC_RND,AC_SAT>', '--to', target) == (0, expected, '')


def test_convert_to_json_gives_a_spec_of_a_configuration(run: Run) -> None:
    code, out, err = run('convert', 'fixed<8,3,RND,SAT>', '--to', 'json')
    assert (code, err, out.count('\n')) == (0, '', 1)
    text = json.dumps({'version': 1, 'specs': {'a': json.loads(out)}})
    assert QuantizerConfig.from_json(text)['a'] == FixedQ(8, 3, True, 'RND', 'SAT')


def test_convert_asks_which_dialect_where_a_type_has_two_meanings(run: Run) -> None:
    refused(run('convert', 'Q3.12', '--to', 'vhdl'), 'two meanings', "'ti'", "'arm'", 'say which dialect')
    assert run('convert', 'Q3.12', '--dialect', 'ti', '--to', 'vhdl') == (0, 'sfixed(3 downto -12)\n', '')
    assert run('convert', 'float8_e4m3fn', '--to', 'numpy') == (0, 'float8_e4m3fn\n', '')


def test_convert_refuses(run: Run) -> None:
    refused(run('convert', 'ap_minifloat<1,2,1>', '--to', 'ac'), "the dialect 'ac' cannot say", 'no minifloat type')
    refused(run('convert', 'fixed<8>', '--to', 'ap'), "'fixed<8>': 'fixed' takes 2 to 5 arguments, not 1")
    refused(run('convert', 'a\nb', '--to', 'ap'), 'not a type')


@pytest.mark.parametrize(
    'arguments',
    [[], ['nothing'], ['convert', 'int<8>'], ['convert', 'int<8>', '--to', 'verilog'], ['emit', 'x'], ['schema', 'x']],
)
def test_wrong_usage_is_exit_code_2_on_stderr(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert 'Usage: quantizers' in out + err
    assert (out == '') or not arguments


def test_help_and_schema(run: Run) -> None:
    code, out, err = run('--help')
    assert (code, err) == (0, '')
    assert re.findall('^  ([a-z0-9]+)  ', out, re.MULTILINE) == [*COMMANDS]
    assert '...' not in out.partition('Find a format')[2]
    published = Path(__file__).parents[2] / 'specs' / 'quantizer-config.schema.json'
    assert run('schema') == (0, published.read_text(), '')


def test_emit(run: Run, config: Path, tmp_path: Path) -> None:
    output = tmp_path / '2nd net-v1.h'
    assert run('emit', config, '-o', output) == (0, '', wrote(output))
    assert run('emit', config, '-o', '-') == (0, header(SPECS), '')
    assert output.read_text() == header(SPECS)
    before = output.read_bytes()
    QuantizerConfig({'a.b': 'int<8>', 'a/b': 'int<8>'}).save(config)
    refused(run('emit', config, '-o', output), "'a.b' and 'a/b' would both become the C++ identifier 'a_b'")
    QuantizerConfig({'a': 'int<8>'}, description='*/ int x; /*').save(config)
    refused(run('emit', config, '-o', output), 'which could break out of a comment')
    assert output.read_bytes() == before
    refused(run('emit', tmp_path / 'none.json', '-o', output), 'none.json: No such file or directory')
    QuantizerConfig(SPECS).save(config)
    missing = tmp_path / 'none' / 'x.h'
    refused(run('emit', config, '-o', missing), f'{missing}: No such file or directory')
    refused(run('emit', config, '-o', tmp_path), f'{tmp_path}: Is a directory')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['2nd net-v1.h', 'config.json']


def test_quantize(run: Run, config: Path, weights: Path, tmp_path: Path) -> None:
    out = tmp_path / 'new' / 'out'
    code, table, err = run('quantize', config, weights, '-o', out)
    assert (code, err) == (0, wrote(out / 'weights.npz', out / 'weights.h'))
    assert sorted(path.name for path in out.iterdir()) == ['weights.h', 'weights.npz']
    with np.load(out / 'weights.npz') as quantized:
        assert sorted(quantized) == sorted(TENSORS)
        for name, tensor in TENSORS.items():
            expected = SPECS[name](tensor)
            assert quantized[name].dtype == tensor.dtype
            assert np.array_equal(quantized[name], expected)
    assert (out / 'weights.h').read_text() == header(SPECS, TENSORS)
    error = TENSORS['dense1.weight'] - np.array([[0.5, -0.265625, 1.984375], [0, 1.90625, -2]])
    decibels = 10 * math.log10(np.sum(TENSORS['dense1.weight'].astype(float) ** 2) / np.sum(error**2))
    assert cells(table) == [
        [
            'dense1.weight',
            'ap_fixed<8, 2, AP_RND, AP_SAT>',
            f'{decibels:.1f}',
            '7',
            '33.33 %',
            '16.67 %',
            '-2 .. 1.98438',
        ],
        ['dense1.bias', 'ap_fixed<16, 6>', 'inf', '0', '0.00 %', '0.00 %', '0 .. 0.125'],
    ]
    again = run('quantize', config, weights, '-o', tmp_path / 'again')
    assert again[1] == table
    assert (tmp_path / 'again' / 'weights.npz').read_bytes() == (out / 'weights.npz').read_bytes()


def test_text_is_one_tensor(run: Run, config: Path, tmp_path: Path) -> None:
    QuantizerConfig({'a': FixedQ(8, 3)}).save(config)
    (tmp_path / 'w.csv').write_text('0.5, -0.26\n3 9')
    code, table, _ = run('quantize', config, tmp_path / 'w.csv', '-o', tmp_path / 'out')
    assert (code, cells(table)[0][0]) == (0, 'a')
    assert np.load(tmp_path / 'out' / 'w.npy').tolist() == FixedQ(8, 3)([0.5, -0.26, 3, 9]).tolist()
    assert 'a_t a[4]' in (tmp_path / 'out' / 'w.h').read_text()
    refused(
        run('quantize', config, tmp_path / 'w.csv', '-o', '-'), '-: DIR is a folder', 'name it, such as -o quantized'
    )
    refused(run('quantize', config, config, '-o', tmp_path / 'out'), f"{config}:1: not a number: '{{'")


def test_arrays_are_no_configuration(run: Run, config: Path, weights: Path, tmp_path: Path) -> None:
    np.save(tmp_path / 'x.npy', np.ones(3))
    (tmp_path / 'x.h5').write_bytes(b'\x89HDF\r\n\x1a\n more')
    (tmp_path / 'x.safetensors').write_bytes((2).to_bytes(8, 'little') + b'{}')
    for path, what in (
        (weights, 'an .npz file or another ZIP archive'),
        (tmp_path / 'x.npy', 'an .npy file'),
        (tmp_path / 'x.h5', 'an HDF5 file'),
        (tmp_path / 'x.safetensors', 'a .safetensors file'),
    ):
        message = f'{path}: {what}, where text is wanted; `choose` and `quantize` read arrays'
        refused(run('describe', path), message)
        refused(run('emit', path, '-o', '-'), message)
        refused(run('quantize', path, config, '-o', tmp_path / 'out'), message)
        with pytest.raises(ValueError, match='where text is wanted'):
            QuantizerConfig.load(path)
    refused(run('plot', config, '-o', '-'), '-: a picture is not written to stdout; name a file, such as -o curve.svg')
    config.write_bytes(b'{\xff')
    refused(run('describe', config), f'{config}: broken JSON: no text in utf-8, from byte 1 on')


def test_no_error_shows_a_long_name_whole(run: Run, config: Path, tmp_path: Path) -> None:
    name, weights, x = 'n' * 10_000, tmp_path / 'w.npz', tmp_path / 'x.npz'
    spec = FixedQ(8, 3)

    def check(*arguments: object, tensors: dict[str, Any], specs: dict[str, Any]) -> None:
        QuantizerConfig(specs).save(config)
        weights.write_bytes(npz_bytes(tensors))
        code, out, err = run(*arguments)
        assert (code, out) == (2, ''), (err, arguments)
        assert 'n' * 20 in err
        assert 'n' * 81 not in err
        assert len(err) < 2000

    quantize, emit = ('quantize', config, weights, '-o', tmp_path / 'out'), ('emit', config, '-o', tmp_path / 'x.h')
    for array in (np.array([np.nan]), np.zeros(0), np.array(['x'])):
        check(*quantize, tensors={name: array}, specs={name: spec})
        check('choose', weights, '--width', 8, tensors={name: array}, specs={})
    many = {f'{name}{n}': spec for n in range(100)}
    check(*quantize, tensors=dict.fromkeys(many, np.ones(1)), specs={})
    check(*quantize, tensors={}, specs=many)
    check(*emit, tensors={}, specs={f'{name}.a': spec, f'{name}/a': spec})
    check(*emit, tensors={}, specs={f'{name}*': spec})
    x.write_bytes(npz_bytes({'a': np.ones(1)}))
    tensors = {name: np.ones(1), 'a': np.ones(1)}
    check('diff', 'fixed<8,3>', '--input', x, '--output', weights, tensors=tensors, specs={})
    check('diff', 'fixed<8,3>', 'fixed<9,3>', '--input', weights, tensors={name: np.array(['x'])}, specs={})
    (tmp_path / 'x.txt').write_text(name)
    check('diff', 'fixed<8,3>', 'fixed<9,3>', '--input', tmp_path / 'x.txt', tensors={}, specs={})
    check('choose', tmp_path / 'x.txt', '--width', 8, tensors={}, specs={})


def test_the_version(run: Run) -> None:
    assert run('--version') == (0, f'quantizers {__version__}\n', '')


@pytest.mark.parametrize('shell', ['bash', 'zsh', 'fish'])
def test_a_shell_completes(shell: str, run: Run, tmp_path: Path) -> None:
    python = [sys.executable, '-m', 'quantizers']
    # Which shell typer would otherwise find depends on whose child of a child the tests run as.
    named = os.environ | {'_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION': '1'}
    asked = [*python, '--show-completion', shell]
    shown = subprocess.run(asked, capture_output=True, text=True, check=True, env=named).stdout
    assert f'_QUANTIZERS_COMPLETE=complete_{shell}' in shown
    for words, position, found in (
        ('quantizers co', 1, {'convert', 'codes'}),
        ('quantizers convert --to h', 3, {'hls4ml'}),
    ):
        environment = {'_QUANTIZERS_COMPLETE': f'complete_{shell}', '_TYPER_COMPLETE_FISH_ACTION': 'get-args'}
        environment |= {'COMP_WORDS': words, 'COMP_CWORD': str(position), '_TYPER_COMPLETE_ARGS': words}
        done = subprocess.run(python, capture_output=True, text=True, check=True, env=os.environ | environment)
        assert all(name in done.stdout for name in found)
        assert not any(name in done.stdout for name in ('quantize', 'json'))


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (('explore', '--port', '65536'), "'--port': must be an integer from 0 to 65535: '65536'"),
        (('explore', '--port', '1.5'), "'--port': must be an integer from 0 to 65535: '1.5'"),
        (('verify', 'ap_fixed<8, 3>', '-n', '0'), "'-n': must be an integer of at least 1: '0'"),
        (('verify', 'ap_fixed<8, 3>', '--timeout', '0'), "'--timeout': must be a number of at least 0.1: '0'"),
        (('choose', 'w.npz', '--sqnr', '30dB'), "'--sqnr': must be a number: '30dB'"),
        (('choose', 'w.npz', '--width', '9' * 5000), f"'--width': must be an integer: '{'9' * 76}...\n"),
        (
            ('convert', 'ap_fixed<8, 3>', '--to', 'hls'),
            f"one of {', '.join(TARGETS)}: 'hls'; did you mean 'hls4ml'?",
        ),
        (
            ('convert', 'ap_fixed<8, 3>', '--to', 'x' * 99),
            f"one of {', '.join(TARGETS)}: '{'x' * 76}...\n",
        ),
        (('codes', 'ap_fixed<8, 3>', '--input', 'x', '-o', 'y', '--format', 'hex'), "mif, c: 'hex'\n"),
    ],
)
def test_a_wrong_option_is_refused_in_the_words_of_the_library(arguments: tuple[str, ...], said: str, run: Run) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, '')
    assert said in err


def test_names_and_tensors_must_match(run: Run, config: Path, weights: Path, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    QuantizerConfig(SPECS | {'input': FixedQ(8, 1), 'output': FixedQ(8, 1)}).save(config)
    refused(run('quantize', config, weights, '-o', out), f"{weights}: no tensor for the name 'input', 'output'")
    assert not out.exists()
    code, table, _ = run('quantize', config, weights, '-o', out, '--allow-missing')
    assert (code, len(cells(table))) == (0, 2)
    assert 'typedef ap_fixed<8, 1> input_t;' in (out / 'weights.h').read_text()
    QuantizerConfig({'dense1.weight': FixedQ(8, 1)}).save(config)
    before = (out / 'weights.npz').read_bytes()
    refused(
        run('quantize', config, weights, '-o', out, '--allow-missing'),
        f"{config}: no spec for the tensor 'dense1.bias'",
    )
    assert (out / 'weights.npz').read_bytes() == before


def test_without_a_header_every_format_is_quantized(run: Run, config: Path, tmp_path: Path) -> None:
    x = np.array([-8.0, -0.2, 0.2, 0.0, 5.0, np.inf])
    tensors = dict.fromkeys('fp4 sign ternary empty file'.split(), x) | {'empty': x[:0]}
    weights = tmp_path / 'weights.npz'
    weights.write_bytes(npz_bytes(tensors))
    fp4 = MinifloatQ(1, 2, 1)
    specs = {'fp4': fp4, 'sign': BinaryQ(), 'ternary': TernaryQ(), 'empty': fp4, 'file': FixedQ(8, 3, overflow='SAT')}
    QuantizerConfig(specs).save(config)
    refused(
        run('quantize', config, weights, '-o', tmp_path / 'out'),
        "'empty': an empty array, of shape (0,), cannot be written in C++",
    )
    assert not (tmp_path / 'out').exists()
    code, table, err = run('quantize', config, weights, '-o', tmp_path / 'out', '--no-header')
    assert (code, err) == (0, wrote(tmp_path / 'out' / 'weights.npz'))
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['weights.npz']
    with np.load(tmp_path / 'out' / 'weights.npz') as quantized:
        assert quantized['fp4'].tolist() == [-6, 0, 0, 0, 4, 6]
        assert quantized['sign'].tolist() == [-1, -1, 1, -1, 1, 1]
        assert quantized['ternary'].tolist() == [-1, 0, 0, 0, 1, 1]
        assert quantized['empty'].shape == (0,)
    assert [[row[6], *row[4:6]] for row in cells(table)] == [
        ['-6 .. 6', '33.33 %', '33.33 %'],
        ['-1 .. 1', '0.00 %', '0.00 %'],
        ['-1 .. 1', '50.00 %', '33.33 %'],
        ['-', '-', '-'],
        ['-4 .. 3.96875', '50.00 %', '0.00 %'],
    ]


def test_a_type_wider_than_the_dtype_is_a_warning_and_both_files_agree(run: Run, config: Path, tmp_path: Path) -> None:
    x = np.array([1 / 3, 1e9], np.float32)
    np.savez(tmp_path / 'w.npz', wide=x)
    QuantizerConfig({'wide': FixedQ(37, 7, overflow='SAT')}).save(config)
    code, _, err = run('quantize', config, tmp_path / 'w.npz', '-o', tmp_path / 'out')
    assert code == 0
    written, warning = err.splitlines()
    assert written.startswith('quantizers: wrote ')
    assert warning.startswith('quantizers: warning: ')
    with np.load(tmp_path / 'out' / 'w.npz') as quantized:
        text = (tmp_path / 'out' / 'w.h').read_text()
        values = [float(number) for number in text.split('= {')[1].split('}')[0].split(',')]
        assert values == quantized['wide'].tolist()


def test_only_what_is_for_users_is_a_warning(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def warns(text: str, dialect: str | None) -> FixedQ:
        # RuntimeWarning: that llvmlite cannot be used
        for category in (DeprecationWarning, FutureWarning, UserWarning, PrecisionWarning, RuntimeWarning):
            warnings.warn(category.__name__, category, stacklevel=1)
        return FixedQ(8, 3)

    monkeypatch.setattr('quantizers.command.convert.parse_type', warns)
    code, out, err = run('convert', 'ap_fixed<8, 3>', '--to', 'hls4ml')
    assert (code, out) == (0, 'fixed<8,3>\n')
    shown = ('UserWarning', 'PrecisionWarning', 'RuntimeWarning')
    assert err == ''.join(f'quantizers: warning: {name}\n' for name in shown)


def archive(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, 'w') as file:
        for name, content in members.items():
            file.writestr(name, content)


def broken_archives(path: Path) -> Any:
    """Pairs of what the file is and what the message says; each is written to `path` before it is yielded."""
    plain = npz_bytes({'a': np.arange(8.0)})
    yield 'missing', 'No such file or directory'
    for name, content in {
        'empty': b'',
        'text': b'no archive',
        'truncated': plain[:-30],
        'damaged': plain[:150] + b'\x00\xff' + plain[152:],
        'a pickle': b'\x80\x04K\x01.',
    }.items():
        path.write_bytes(content)
        yield name, f'{path}: not an .npz file of plain arrays'
    with path.open('wb') as stream:
        np.save(stream, np.zeros(3))
    yield 'one array', 'one array, and no name'
    np.savez(path, a=np.array([{}], dtype=object))
    yield 'objects', 'Object arrays cannot be loaded'
    archive(path, a=b'no array')
    yield 'a member that is no array', "'a' is no array"
    archive(path, **{'a': plain, 'a.npy': plain})
    yield 'a name twice', 'a name is repeated'
    huge = (
        b'\x93NUMPY\x01\x00v\x00'
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000000,), }".ljust(117)
        + b'\n'
    )
    archive(path, **{'a.npy': huge})
    yield 'more than there is memory', 'not an .npz file'
    path.unlink()
    path.mkdir()
    yield 'a folder', 'Is a directory'


def test_every_broken_archive_is_one_clear_line(run: Run, config: Path, tmp_path: Path) -> None:
    path, seen = tmp_path / 'weights.npz', 0
    QuantizerConfig({'a': FixedQ(8, 3)}).save(config)
    for _, message in broken_archives(path):
        refused(run('quantize', config, path, '-o', tmp_path / 'out'), path, message)
        seen += 1
    assert seen == 12
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(
    ('array', 'message'),
    [
        (np.array([1.0, np.nan]), "'a': holds NaN, or Inf under 'ap_fixed<8, 3>', which has no code"),
        (np.array([1.0, np.inf]), "'a': holds NaN, or Inf under 'ap_fixed<8, 3>', which has no code"),
        (np.array([1j]), 'complex128'),
        (np.array(['x']), "'a': "),
        (np.array(['2026-01-01'], 'datetime64[D]'), 'datetime64'),
        (np.zeros((0, 3)), 'cannot be written in C++'),
    ],
)
def test_a_tensor_that_has_no_codes_is_refused(
    run: Run, config: Path, tmp_path: Path, array: Any, message: str
) -> None:
    QuantizerConfig({'a': FixedQ(8, 3)}).save(config)
    np.savez(tmp_path / 'w.npz', a=array)
    refused(run('quantize', config, tmp_path / 'w.npz', '-o', tmp_path / 'out'), "'a': ", message)
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('name', ['../../evil', '/tmp/evil', 'a\\..\\b'])
def test_a_name_is_never_a_path(run: Run, config: Path, tmp_path: Path, name: str) -> None:
    QuantizerConfig({name: FixedQ(8, 3)}).save(config)
    (tmp_path / 'w.npz').write_bytes(npz_bytes({name: np.zeros(3)}))
    refused(run('quantize', config, tmp_path / 'w.npz', '-o', tmp_path / 'out'), 'cannot become a C++ identifier')
    refused(run('quantize', config, tmp_path / 'w.npz', '-o', tmp_path / 'out', '--no-header'), 'cannot become')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['config.json', 'w.npz']


def test_the_input_is_never_overwritten(run: Run, config: Path, weights: Path, tmp_path: Path) -> None:
    before = weights.read_bytes()
    refused(run('quantize', config, weights, '-o', tmp_path), f'{weights}: is the input, which would be overwritten')
    assert weights.read_bytes() == before


def test_a_failure_leaves_the_old_files_whole(
    run: Run, config: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / 'out'
    run('quantize', config, weights, '-o', out)
    before = {path: path.read_bytes() for path in out.iterdir()}
    calls = []

    def full_at_the_second_file(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, 'No space left on device')

    QuantizerConfig({name: FixedQ(4, 2) for name in SPECS}).save(config)
    with monkeypatch.context() as patch:
        patch.setattr(os, 'fsync', full_at_the_second_file)
        refused(run('quantize', config, weights, '-o', out), out / 'weights.h', 'No space left on device')
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert run('quantize', config, weights, '-o', out)[0] == 0
    assert {path: path.read_bytes() for path in out.iterdir()} != before


def test_dir_that_is_a_file(run: Run, config: Path, weights: Path) -> None:
    refused(run('quantize', config, weights, '-o', config), config, 'File exists')


def test_a_progress_bar_is_for_terminals_only(run: Run, config: Path, weights: Path, tmp_path: Path) -> None:
    from quantizers.command import verify

    assert 'quantizing' not in run('quantize', config, weights, '-o', tmp_path / 'out')[2]
    assert verify.track.__module__ == 'rich.progress'
    environment = os.environ | {'FORCE_COLOR': '1', 'TERM': 'xterm'}
    arguments = ['quantize', config, weights, '-o', tmp_path / 'out']
    shown = subprocess.run(
        [sys.executable, '-m', 'quantizers', *arguments], capture_output=True, env=environment, check=True
    )
    assert b'quantizing' in shown.stderr


def test_what_takes_long_says_what_it_does_on_a_terminal(
    run: Run, config: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(numbers := tmp_path / 'x.npy', np.ones(3))
    said = {
        'comparing': ['diff', 'int<8>', 'int<7>'],
        'proving ap_fixed<3, 1>': ['prove', 'ap_fixed<3,1>'],
        'proving\n': ['diff', 'int<3>', 'int<3>', '--prove'],
        f'reading {weights}': ['emit', config, weights, '-o', tmp_path / 'a.h'],
        'writing numbers as text': ['emit', config, weights, '-o', tmp_path / 'b.h'],
        'drawing': ['plot', 'int<3>', '-o', tmp_path / 'x.svg'],
        f'writing {tmp_path / "x.hex"}': [
            'codes',
            'int<3>',
            '--input',
            numbers,
            '-o',
            tmp_path / 'x.hex',
            '--format',
            'readmemh',
        ],
    }
    monkeypatch.setenv('COLUMNS', '200')
    for words, arguments in said.items():
        assert words not in run(*arguments)[2]
        monkeypatch.setenv('FORCE_COLOR', '1')
        assert words in run(*arguments)[2] + '\n', words
        monkeypatch.delenv('FORCE_COLOR')


@pytest.mark.parametrize('missing', ['typer', 'rich'])
def test_without_the_extra_the_missing_install_is_named(
    run: Run, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name == 'quantizers.command.app' or name.partition('.')[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)  # type: ignore[arg-type]
    expected = f"quantizers: the command needs {missing}: pip install 'quantizers[cli]'\n"
    assert run('schema') == (2, '', expected)


def test_another_missing_module_is_not_blamed_on_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, 'quantizers.command.app', raising=False)
    monkeypatch.setitem(sys.modules, 'quantizers.command.signals', None)  # type: ignore[arg-type]
    with pytest.raises(ModuleNotFoundError, match='signals'):
        main(['schema'])


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, 'argv', ['quantizers', 'convert', 'int<8>', '--to', 'ap'])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module('quantizers', run_name='__main__')
    assert caught.value.code == 0
    assert capsys.readouterr() == ('ap_fixed<8, 8>\n', '')


def test_a_process_ends_with_the_exit_code_and_one_line() -> None:
    command = [sys.executable, '-m', 'quantizers', 'describe', 'nothing']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count('\n')) == (2, '', 1)


def test_exit_code_1_means_that_something_differs_and_2_an_error(
    run: Run, config: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / 'x.npy', np.array([0.5, 0.0625]))
    none, x = tmp_path / 'none', tmp_path / 'x.npy'
    assert run('diff', 'fixed<8,3>', 'fixed<8,3>', '--input', x)[0] == 0
    assert run('diff', 'fixed<8,3>', 'fixed<4,3>', '--input', x)[0] == 1
    for arguments in (
        ('diff', 'fixed<8,3>', 'fixed<4,3>', '--input', none),
        ('diff', 'fixed<8,3>', '--input', x, '--output', none),
        ('diff', 'fixd<8,3>', 'fixed<4,3>', '--input', x),
        ('diff', 'fixed<8,3>'),
        ('verify', 'fixed<8,3>', '--compiler', none),
        ('verify', none),
        ('verify',),
        ('describe', none),
        ('convert', 'ap_minifloat<1,2>', '--to', 'ac'),
        ('emit', none, '-o', tmp_path / 'x.h'),
        ('quantize', config, none, '-o', tmp_path / 'out'),
        ('choose', none, '--width', 8),
        ('plot', none, '-o', tmp_path / 'x.svg'),
        ('codes', 'fixed<8,3>', '--input', none, '-o', x, '--format', 'mif'),
        ('explore', '--port', 1 << 16),
    ):
        assert run(*arguments)[0] == 2, arguments
    for error, code in ((KeyboardInterrupt(), 130), (BrokenPipeError(errno.EPIPE, ''), 141), (AttributeError('a'), 2)):

        def ends(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr('quantizers.command.diff.find_differences', ends)
        ended, out, err = run('diff', 'fixed<8,3>', 'fixed<4,3>', '--input', x)
        assert (ended, out) == (code, '')
        assert ('AttributeError: a' in err) == (code == 2)


def test_a_closed_pipe_is_no_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(text: str) -> None:
        raise BrokenPipeError(errno.EPIPE, 'Broken pipe')

    monkeypatch.setattr('typer.echo', closed)
    assert run('schema') == (141, '', '')


def test_prove_a_type(run: Run) -> None:
    code, out, err = run('prove', 'ap_fixed<3, 14, AP_RND, AP_SAT>', '--dtype', 'float16')
    assert (code, err) == (0, '')
    assert re.fullmatch(r'proved for all 65,536 float16 in \d+\.\d s\n', out)
    code, out, _ = run('prove', 'ap_fixed<20, 3, AP_RND, AP_SAT>', '--dtype', 'float16')
    assert code == 1
    assert out.startswith('refuted in ')
    assert out.endswith('; float16 does not hold all values of the type\n')


def test_prove_a_configuration(run: Run, config: Path) -> None:
    code, out, _ = run('prove', config, '--dtype', 'bfloat16', '--json')
    proofs = json.loads(out)['proofs']
    assert [(proof['names'], proof['verdict']) for proof in proofs] == [
        (['dense1.weight'], 'proved'),
        (['dense1.bias'], 'proved'),  # of 16 bits: those that WRAP keeps of a bfloat16 are never more than 8
    ]
    assert code == 0


def test_prove_what_is_not_decided(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from quantizers.analysis.prove import _solver

    monkeypatch.setattr(_solver.Solver, 'left', 0)
    code, out, _ = run('prove', 'ap_fixed<8, 3>')
    assert code == 2
    assert re.match(r'not decided in \d+ s; proved for 0 of all 4,294,967,296 float32, and tested on 9,\d\d\d of ', out)
    code, out, _ = run('diff', 'ap_fixed<8, 3>', 'ap_fixed<8, 3, AP_TRN, AP_WRAP>', '--prove')
    assert code == 2
    said = r'not decided in \d+ s; the same for 0 of all 18,446,744,073,709,551,616 float64'
    assert re.fullmatch(said, out.splitlines()[-1])


def test_diff_proves_that_types_are_the_same_or_finds_the_smallest_input(run: Run) -> None:
    code, out, _ = run(
        'diff', 'ap_fixed<2, 2, AP_RND_CONV, AP_SAT_SYM>', 'ac_fixed<2, 2, true, AC_RND_CONV, AC_SAT_SYM>', '--prove'
    )
    assert code == 0
    assert out.splitlines()[-1].startswith('the same for all 18,446,744,073,709,551,616 float64 in ')
    code, out, _ = run('diff', 'ap_fixed<8, 3, AP_RND>', 'ap_fixed<8, 3, AP_RND_CONV>', '--prove', '--json')
    assert code == 1
    assert json.loads(out)['proof']['counterexample']['x'] == 0.015625
    assert run('diff', 'ap_fixed<8, 3>', '--prove', '--input', 'x.txt', '--output', 'y.txt')[0] == 2
