"""Packages of VHDL and SystemVerilog: simulators read Python's codes from them, and no name breaks out of the text."""

from __future__ import annotations

import itertools
import math
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.channels import THREE
from oracles.command import Run
from oracles.simulators import SIMULATORS, compiler_of, read_back, tool
from oracles.simulators import run as simulate
from quantizers import AffineQ, BinaryQ, BlockQ, FixedQ, MinifloatQ, PerChannel, QuantizerConfig, TernaryQ, formats
from quantizers.cpp.reserved import KEYWORDS
from quantizers.formats.named import NUMPY
from quantizers.hdl import LANGUAGES, package
from quantizers.hdl.reserved import SYSTEM_VERILOG, VHDL, VHDL_PACKAGES

FIXED = [
    FixedQ(width, integer, signed, 'RND', 'SAT')
    for width, integer, signed in (
        *((1, 0, False), (1, 1, True), (7, 3, True), (8, -4, True), (8, 12, False), (33, 3, True), (64, 64, False)),
        *((65, 9, True), (200, -200, True), (1030, 30, False)),
    )
]
OTHERS = [TernaryQ(), BinaryQ(), MinifloatQ(3, 4, -9), formats.FloatQ.power_of_two(4, 0), AffineQ(8, 0.1, 3)]
SPECS = [*FIXED, *OTHERS, *NUMPY.values(), formats.p3109('Binary6p3uf')]
SHAPES = [(), (1,), (17,), (2, 9), (3, 1, 2)]
LIBRARIES = {
    'std': 'v08/standard',
    'ieee2008': 'std_logic_1164 numeric_std fixed_float_types fixed_generic_pkg fixed_pkg',
}


@pytest.mark.parametrize('language', LANGUAGES)
def test_simulators_read_the_codes_of_python(language: Any, tmp_path: Path, tally: Any) -> None:
    specs: dict[str, Any] = {f's.{n}': spec for n, spec in enumerate(SPECS)}
    numbers = random.Random(0)
    arrays = {}
    for (name, spec), shape in zip(specs.items(), itertools.cycle(SHAPES), strict=False):
        low, high = spec.codec.low, spec.codec.high
        codes = [low, high, *(numbers.randint(low, high) for _ in range(math.prod(shape)))][-max(math.prod(shape), 1) :]
        arrays[name] = spec.decode(codes, exact=True).reshape(shape)
    bits = {name: specs[name].to_bits(array) for name, array in arrays.items()}
    specs['channels'], arrays['channels'] = THREE, np.random.default_rng(0).normal(size=(4, 3)) * 9
    bits['channels'] = THREE.joined.to_bits(THREE(arrays['channels']))
    shapes = {name.replace('.', '_'): array.shape for name, array in arrays.items()}
    found = read_back(language, tmp_path, package(specs, arrays, language=language), shapes)
    for (name, expected), got in zip(bits.items(), found.values(), strict=True):
        one = np.array(expected.reshape(-1).tolist(), object)
        tally(f'{language}: constants in packages', specs[name], arrays[name].reshape(-1), np.array(got, object), one)
    tally.check()


def test_the_point_of_vhdl_is_that_of_the_format(tmp_path: Path) -> None:
    """`to_real` of ieee.fixed_pkg, which shares nothing with the codes."""
    values = [-3.875, 1.0, 0.125]
    (tmp_path / 'formats.vhd').write_text(package({'x': FixedQ(6, 3)}, {'x': values}, language='vhdl'))
    (tmp_path / 'bench.vhd').write_text(
        'use work.formats.all;\nlibrary ieee;\nuse ieee.fixed_pkg.all;\nentity bench is end;\n'
        "architecture run of bench is begin process begin for i in x_array_t'range loop "
        "report real'image(to_real(x(i))) & integer'image(x_width - x_fraction); end loop; wait; end process; end;\n"
    )
    simulate(tmp_path, tool('ghdl'), '-a', '--std=08', 'formats.vhd', 'bench.vhd')
    said = simulate(tmp_path, tool('ghdl'), '--elab-run', '--std=08', 'bench')
    assert re.findall(r'note\): (\S+)', said) == ['-3.8753', '1.03', '1.25e-13']


@pytest.mark.parametrize(('language', 'kept'), [('vhdl', VHDL | VHDL_PACKAGES), ('sv', SYSTEM_VERILOG)])
def test_a_word_is_refused_or_compiles(language: Any, kept: frozenset[str], tmp_path: Path) -> None:
    """Every word that is in the compiler's own file, those of its language among them, and those of C++."""
    found = re.findall(rb'(?<![a-z0-9_])[a-z][a-z0-9]*(?:_[a-z0-9]+)*(?![a-z0-9_])', compiler_of(language).read_bytes())
    words = {word.decode() for word in found if len(word) < 24} | {word for word in KEYWORDS if '__' not in word}
    assert len(words & kept) > 100
    for word in kept:
        with pytest.raises(ValueError, match=f'{word!r}.* would become {word!r}, '):
            package({word: FixedQ(8, 3)}, language=language)
    # one that is made of another and an ending of ours is refused beside it
    free = sorted(word for word in words - kept - {'formats'} if not re.search('_(t|array|size|width|fraction)$', word))
    text = package(dict.fromkeys(free, FixedQ(8, 3)), dict.fromkeys(free, 0.5), language=language)
    assert read_back(language, tmp_path, text, {free[0]: ()}) == {free[0]: [16]}


def test_what_packages_of_vhdl_declare_is_kept() -> None:
    sources = Path(tool('ghdl')).parents[1] / 'lib' / 'ghdl' / 'src'
    declared = set()
    for folder, names in LIBRARIES.items():
        for name in names.split():
            text = re.sub('--.*', '', (sources / folder / f'{name}.vhdl').read_text('latin-1')).lower()
            declared |= {
                *re.findall(r'\b(?:type|subtype|function|procedure|constant|alias|package)\s+([a-z]\w*)', text)
            }
            listed = ','.join(re.findall(r'type\s+\w+\s+is\s*\(([^)]*)\)', text))
            declared |= {*re.findall(r'(?<![\w\'])[a-z]\w*', listed)}
    assert len(declared) > 180
    assert declared - VHDL - VHDL_PACKAGES == set()


@pytest.mark.parametrize('language', LANGUAGES)
@pytest.mark.parametrize(
    ('names', 'message'),
    [
        (['a', 'a.t'], "'a.t' and 'a' would both become the LANGUAGE identifier 'a_t'"),
        (['a' * 90, 'a' * 90 + '.t'], 'would both become the LANGUAGE identifier'),
        (['a.width', 'a'], "'a.width' and 'a' would both become the LANGUAGE identifier 'a_width'"),
        (['a.b', 'a_b'], "'a.b' and 'a_b' would both become the LANGUAGE identifier 'a_b'"),
        (['formats'], "the package 'formats' and 'formats' would both become"),
        (['a; b'], "'a; b' cannot become a LANGUAGE identifier"),
        (['a\nend package;'], 'cannot become a LANGUAGE identifier'),
        (['é'], 'cannot become a LANGUAGE identifier'),
    ],
)
def test_names_that_clash_or_break_out_are_refused(language: Any, names: list[str], message: str) -> None:
    message = message.replace('LANGUAGE', {'vhdl': 'VHDL', 'sv': 'SystemVerilog'}[language])
    with pytest.raises(ValueError, match=re.escape(message)):
        package(dict.fromkeys(names, FixedQ(8, 3)), language=language)


def test_vhdl_knows_no_case() -> None:
    two = dict.fromkeys(['a', 'A'], FixedQ(8, 3))
    with pytest.raises(ValueError, match="'a' and 'A' would both become the VHDL identifier 'A'"):
        package(two, language='vhdl')
    assert 'typedef logic signed [7:0] A_t;' in package(two, language='sv')


def test_refusals() -> None:
    spec = FixedQ(8, 3)
    block = BlockQ(formats.E2M1, formats.E8M0FNU, 32)
    mixed = PerChannel(0, [FixedQ(4096, 4096), spec])
    for specs, arrays, options, message in (
        ({'a': spec}, {}, {'language': 'verilog'}, "'language' must be one of vhdl, sv: 'verilog'"),
        ({'a': spec}, {}, {'name': 'my-types'}, "'name' must be a VHDL identifier, without __: 'my-types'"),
        ({'a': spec}, {}, {'name': 'Signal'}, "the package 'Signal' would become 'Signal', a reserved word of VHDL"),
        ({'a': spec}, {}, {'description': 3}, "'description' must be text: 3"),
        ({'a': spec}, {'b': [1]}, {}, "no spec for the tensor 'b'"),
        ({'a': spec}, {'a': np.zeros((2, 0))}, {}, "'a': an empty array, of shape (2, 0), cannot be a constant"),
        ({'a': spec}, {'a': [np.nan]}, {}, "'a': 'x' must have no NaN to be encoded"),
        ({'a': 'ap_fixed<8, 3>'}, {}, {}, "'a': not a spec"),
        ({'a': block}, {}, {}, "the kind 'block' cannot give codes, raw bits and memory files"),
        ({'a': mixed}, {'a': [1, 2]}, {}, "'a': "),
        ({'a': PerChannel(0, [spec, spec]), 'a.1': spec}, {}, {}, "channel 1 of 'a' and 'a.1' would both become"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            package(specs, arrays, **{'language': 'vhdl', **options})


@pytest.mark.parametrize('language', LANGUAGES)
def test_a_description_is_a_comment(language: Any, tmp_path: Path) -> None:
    """Line ends, directives, quotes, and what is no ASCII stay inside of it."""
    text = 'synthesis translate_off\nend package;\\\r\x85\u2028 µ "'
    config = QuantizerConfig({'a': FixedQ(8, 3)}, description=text)
    written = package(config, {'a': 0.5}, language=language)
    assert written.isascii()
    assert written.splitlines()[0][3:] == f'"{text.encode("unicode_escape").decode()}"'
    assert read_back(language, tmp_path, written, {'a': ()}) == {'a': [16]}


@pytest.mark.parametrize(('language', 'suffix'), [('vhdl', 'vhd'), ('sv', 'sv')])
def test_the_command_writes_what_python_gives(language: Any, suffix: str, run: Run, tmp_path: Path) -> None:
    config = QuantizerConfig({'dense.weight': FixedQ(8, 3), 'mask': BinaryQ()})
    config.save(tmp_path / 'c.json')
    np.savez(tmp_path / 'w.npz', **{'dense.weight': [[0.5, -1.25]]})
    target = tmp_path / f'types.{suffix}'
    assert run('emit', tmp_path / 'c.json', tmp_path / 'w.npz', '--to', language, '-o', target)[0] == 0
    weights = {'dense.weight': [[0.5, -1.25]]}
    assert target.read_text() == package(config, weights, language=language, name='types')
    assert run('emit', tmp_path / 'c.json', '--to', language, '-o', '-')[1] == package(config, language=language)
    code, out, error = run('emit', tmp_path / 'c.json', '--to', language, '-o', tmp_path / 'my-types.vhd')
    assert (code, out) == (2, '')
    assert "identifier, without __: 'my-types'" in error
    assert not (tmp_path / 'my-types.vhd').exists()


def test_a_simulator_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', '')
    for name in ('ghdl', 'iverilog'):
        with pytest.raises(RuntimeError, match=rf'{name} is missing: .*apt-get install {name}'):
            tool(name)
    assert {*SIMULATORS} == {*LANGUAGES}
