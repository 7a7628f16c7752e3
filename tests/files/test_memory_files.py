"""Raw bits in memory files: round trips, files as the formats' documentation has them, hostile ones."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.command import Run, wrote
from oracles.spec_strategies import specs
from quantizers import AffineQ, BinaryQ, FixedQ, MinifloatQ, Spec, TernaryQ, codes, formats, memory_files
from quantizers.files.memory import mif
from quantizers.files.memory.readers import words_of
from quantizers.files.memory.words import MemoryText

Q = FixedQ(8, 8)


@settings(deadline=None, max_examples=150)
@given(specs, st.data(), st.sampled_from(memory_files.FORMATS))
def test_what_is_written_is_read_back(spec: Spec, data: st.DataObject, form: Any) -> None:
    finite = st.floats(allow_nan=False, allow_infinity=False)
    x = np.array(data.draw(st.lists(finite, min_size=1, max_size=5)))
    text = memory_files.to_text(spec, x, form)
    back = memory_files.from_text(spec, text, form, exact=True)
    assert back.tolist() == spec.decode(spec.encode(x), exact=True).tolist()


@pytest.mark.parametrize('form', memory_files.FORMATS)
@pytest.mark.parametrize('width', [1, 7, 8, 9, 16, 31, 32, 33, 63, 64, 65, 127, 128, 129, 4096])
def test_every_bit_of_every_width(form: Any, width: int) -> None:
    spec = FixedQ(width, width // 2, False)
    codes = [0, 1, (1 << width) - 1, 1 << (width - 1), ((1 << width) - 1) // 3]
    radix = {'readmemb': 'b'}.get(form, 'x')
    # an exact value of many bits is no input of `to_text`; its own text of another value is filled in here
    text = memory_files.to_text(spec, [0.0], form)
    zero = '{' + ', '.join(re.findall('0x0+', text)) + '}' if width > 64 else ''.join(re.findall('0x0+', text))
    parts = -(-width // 64)
    for code in codes:
        if form == 'c':
            words = [f'{code >> 64 * n & (1 << 64) - 1:#x}' for n in range(parts)]
            filled = text.replace(zero, ', '.join(words))
        else:
            digits = width if radix == 'b' else -(-width // 4)
            filled = re.sub(rf'(?m)^(0 : )?0{{{digits}}}(;?)$', rf'\g<1>{code:0{digits}{radix}}\2', text)
        assert filled != text or code == 0
        (value,) = memory_files.from_text(spec, filled, form, exact=True)
        assert value == code * spec.eps


def test_what_is_written() -> None:
    x = [[1, -1], [127, -128]]
    about = '4 words of 8 bits: ap_fixed<8, 8>'
    assert memory_files.to_text(Q, x, 'readmemh') == f'// {about}\n01\nff\n7f\n80\n'
    assert memory_files.to_text(Q, x, 'readmemb') == f'// {about}\n00000001\n11111111\n01111111\n10000000\n'
    assert memory_files.to_text(Q, x, 'coe') == (
        f'; {about}\nmemory_initialization_radix=16;\nmemory_initialization_vector=\n01,\nff,\n7f,\n80;\n'
    )
    assert memory_files.to_text(Q, x, 'mif') == (
        f'-- {about}\nWIDTH=8;\nDEPTH=4;\nADDRESS_RADIX=HEX;\nDATA_RADIX=HEX;\n'
        'CONTENT BEGIN\n0 : 01;\n1 : ff;\n2 : 7f;\n3 : 80;\nEND;\n'
    )
    assert memory_files.to_text(Q, x, 'c', name='w') == (
        f'/* {about} */\n#include <stdint.h>\n\n'
        'static const uint8_t w[4] = {\n    0x01,\n    0xff,\n    0x7f,\n    0x80\n};\n'
    )
    wide = memory_files.to_text(FixedQ(72, 72), [-2], 'c')
    assert 'static const uint64_t codes[1][2] = {\n    {0xfffffffffffffffe, 0x00000000000000ff}\n};' in wide


@pytest.mark.parametrize('form', memory_files.FORMATS)
def test_numbers_are_encoded_once(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = []
    encode = codes.encode
    monkeypatch.setattr('quantizers.codes.arrays.encode', lambda spec, x: encoded.append(x) or encode(spec, x))
    memory_files.to_text(Q, [1, 2], form)
    assert encoded == [[1, 2]]


@pytest.mark.parametrize(
    'spec', [Q, FixedQ(13, 5, True, 'RND', 'SAT'), FixedQ(100, 50), MinifloatQ(1, 2, 1), BinaryQ()]
)
def test_c_reads_the_array(spec: Spec, tmp_path: Path) -> None:
    compiler = shutil.which('g++')
    assert compiler is not None, 'the tests need g++'
    x = np.array([0.5, -0.75, 1.25, -2])
    memory_files.write(spec, x, tmp_path / 'weights-1.h', 'c')
    width = -(-spec.bits // 64)
    item = f'((const uint64_t *)weights_1)[i * {width} + n]' if width > 1 else 'weights_1[i]'
    program = f"""#include <cstdio>
#include "weights-1.h"
int main() {{ for (int i = 0; i < {x.size}; i++) {{ for (int n = {width} - 1; n >= 0; n--)
    std::printf("%016llx", (unsigned long long){item}); std::puts(""); }} }}
"""
    (tmp_path / 'main.cpp').write_text(program)
    subprocess.run([compiler, 'main.cpp', '-o', 'main'], cwd=tmp_path, check=True)
    shown = subprocess.run([tmp_path / 'main'], capture_output=True, text=True, check=True).stdout.split()
    assert [int(line, 16) for line in shown] == spec.to_bits(x).tolist()


DOCUMENTED: list[tuple[str, str, list[int]]] = [
    ('readmemh', '// IEEE 1364\n@000\nA5 /* two\nlines */ 3_c\n@2 0f\n', [-91, 60, 15]),
    ('readmemh', '@1 02\n@0 01', [1, 2]),
    ('readmemb', '0000_0001 11111110 // two\n101\n', [1, -2, 5]),
    (
        'coe',
        (
            '; a sample of single-port RAM\n; depth 4\nmemory_initialization_radix = 16;\n'
            'memory_initialization_vector =\nff, ab,\n12 0f;\n'
        ),
        [-1, -85, 18, 15],
    ),
    ('coe', 'MEMORY_INITIALIZATION_RADIX=2;\nMEMORY_INITIALIZATION_VECTOR=\n11111111\n00000001\n;\n', [-1, 1]),
    ('coe', 'memory_initialization_radix=10;memory_initialization_vector=255,7;', [-1, 7]),
    ('coe', '; a filter\nradix=10;\ncoefdata=\n-1,\n127,\n-128, 0;\n', [-1, 127, -128, 0]),
    ('coe', 'Radix = 16; CoefData = ff, 7 80;', [-1, 7, -128]),
    (
        'coe',
        '; one\n;\n; two\nmemory_initialization_radix=16;\n;\nmemory_initialization_vector=\n1,\n2;\n',
        [1, 2],
    ),
    (
        'mif',
        (
            '% a comment of\ntwo lines %\nDEPTH = 8; -- words\nWIDTH = 8;\nADDRESS_RADIX = DEC;\nDATA_RADIX = BIN;\n'
            'CONTENT\nBEGIN\n[0..3] : 00001111;\n4 : 1 10;\n[6..7] : 11111111;\nEND;\n'
        ),
        [15, 15, 15, 15, 1, 2, -1, -1],
    ),
    (
        'mif',
        (
            '% ---- %\nWIDTH=8; % a -- b %\nDEPTH=2;\nADDRESS_RADIX=HEX;\nDATA_RADIX=UNS; -- 100 %\n% ---- %\n'
            'CONTENT BEGIN\n0 : 10;\n1 : 20; -- %\nEND;\n'
        ),
        [10, 20],
    ),
    ('mif', 'width=8;depth=3;data_radix=dec;content begin [0..2] : -1 5; end;', [-1, 5, -1]),
    ('mif', 'WIDTH=8;DEPTH=12;ADDRESS_RADIX=HEX;DATA_RADIX=UNS;CONTENT BEGIN\n[0..A]:200;\nB:1;END;', [-56] * 11 + [1]),
    ('c', 'unsigned char w[2][2] = {{0x01U, 2}, {0XFFul, 0}};', [1, 2, -1, 0]),
    ('c', 'const int w[] = { 1, /* 9, */ 2, // 8\n };', [1, 2]),
]


@pytest.mark.parametrize(('form', 'text', 'values'), DOCUMENTED)
def test_files_as_the_documentation_shows_them(form: Any, text: str, values: list[int]) -> None:
    for version in (text, text.replace('\n', '\r\n'), text.replace('\n', '\r'), f'\ufeff{text}'):
        assert memory_files.from_text(Q, version, form).tolist() == values


MIF = 'WIDTH=8;\nDEPTH=2;\nADDRESS_RADIX=HEX;\nDATA_RADIX=HEX;\nCONTENT BEGIN\n'
COE = 'memory_initialization_radix=16;\nmemory_initialization_vector='
HOSTILE: list[tuple[str, str, str]] = [
    ('readmemh', '01\nx2', "f:2: bits that are x or z have no value: 'x2'"),
    ('readmemb', '01\n\n1Z', "f:3: bits that are x or z have no value: '1Z'"),
    ('readmemh', '1?', 'f:1: bits that are x or z'),
    ('readmemh', '/* a\n*/ 0g', "f:2: not a number in base 16: '0g'"),
    ('readmemb', '2', 'f:1: not a number in base 2'),
    ('readmemh', '_1', 'f:1: a number does not begin with an underscore'),
    ('readmemh', '1\n100', "f:2: a word of more than 8 bits: '0x100'"),
    ('readmemh', '1\n@0 2', 'f:2: the address 0 is given twice'),
    ('readmemh', '1\n@ffffffffffff 2', 'f: no word at the address 1, and one at 281474976710655'),
    ('readmemh', '@', "f:1: not a number in base 16: ''"),
    ('readmemh', '@-1 2', 'f:1: not a number in base 16'),
    ('readmemh', '1 /* 2', 'f:1: a comment that does not end'),
    ('readmemh', '// nothing', 'f: no words'),
    ('readmemh', '\u0661', 'f:1: not a number in base 16'),
    ('readmemh', '0' * 5000, 'f:1: a number of 5000 digits'),
    ('coe', 'memory_initialization_radix=7;', "f:1: the radix must be 2, 10 or 16: '7'"),
    ('coe', 'memory_initialization_vector=1;', 'f:1: not a radix and then a vector'),
    ('coe', 'memory_initialization_radix=2;\nmemory_initialization_vector=\n1,\n0', 'f:2: no semicolon'),
    (
        'coe',
        'memory_initialization_radix=16;\nmemory_initialization_vector=\n1,\n-1;',
        "f:4: not a number in base 16: '-1'",
    ),
    ('coe', 'width=16;', 'f:1: not a radix and then a vector'),
    ('coe', 'coefdata=1;radix=16;', 'f:1: not a radix and then a vector'),
    ('coe', '', 'f: no words'),
    ('mif', MIF.replace('8', '7') + 'END;', 'f:1: WIDTH must be 8, that of the format: 7'),
    ('mif', MIF.replace('=2', '=99999999999') + 'END;', 'f:2: DEPTH must be from 1 to 4194304: 99999999999'),
    ('mif', MIF.replace('=HEX', '=ROM', 1) + 'END;', 'f:3: ADDRESS_RADIX must be one of'),
    ('mif', MIF + '0 : 1;\n', 'no CONTENT BEGIN ... END;'),
    ('mif', MIF + '0 : 1;\n1 : 2;\nEND;\nmore', 'nothing after it'),
    ('mif', MIF + '0 : 1;\nEND;', 'f: no word at the address 1, below DEPTH, 2'),
    ('mif', MIF + '0 : 1;\n[0..1] : 2;\nEND;', 'f:7: the address 0 is given twice'),
    ('mif', MIF + '0 : 1;\n2 : 1;\nEND;', 'f:7: the addresses 2 to 2 are not below DEPTH, 2'),
    ('mif', MIF + '[1..0] : 1;\nEND;', 'f:6: the addresses 1 to 0'),
    ('mif', MIF + '0 = 1;\nEND;', 'f:6: not ADDRESS : WORDS'),
    ('mif', MIF + '0 : X;\nEND;', "f:6: not a number in base 16: 'X'"),
    ('mif', 'DEPTH=1;CONTENT BEGIN 0:1; END;', 'f:1: WIDTH and DEPTH must be said'),
    ('mif', 'WIDTH=8;WIDTH=8;CONTENT BEGIN END;', 'f:1: not WIDTH, DEPTH'),
    ('mif', 'WIDTH=8;DEPTH=1;DATA_RADIX=DEC;CONTENT BEGIN 0:-129; END;', 'f:1: a word of more than 8 bits'),
    ('coe', COE + '10,,20;', "f:2: no word on both sides of a comma: ','"),
    ('coe', COE + '10,\n,20;', "f:2: no word on both sides of a comma: ','"),
    ('coe', COE + ',10,20;', "f:2: no word on both sides of a comma: ','"),
    ('coe', COE + '10,20\n,;', "f:3: no word on both sides of a comma: ','"),
    ('coe', COE + ',;', "f:2: no word on both sides of a comma: ','"),
    ('coe', COE + ';memory_initialization_vector=1;', 'f:2: a second vector, where a file has one: '),
    ('coe', COE + '1;\nmemory_initialization_vector=2;', "f:3: a second vector, where a file has one: 'memory_init"),
    ('coe', 'radix=10;coefdata=1;\ncoefdata=2;', "f:2: a second vector, where a file has one: 'coefdata=2'"),
    ('coe', COE + '1; 2', "f:2: no semicolon: '2'"),
    ('coe', COE + '1; 2;', "f:2: not a radix and then a vector, each once: '2'"),
    ('coe', COE + '10 0\x0020;', "f:2: not a number in base 16: '0\\x0020'"),
    ('coe', COE + '1;\nmemory_initialization_radix=16;', 'f:3: a second radix, where a file has one: '),
    ('coe', 'radix=16;coefdata=\n-1;', "f:2: not a number in base 16: '-1'; its two's complement is 'ff'"),
    ('coe', 'radix=2;coefdata=\n-10;', "f:2: not a number in base 2: '-10'; its two's complement is '11111110'"),
    ('coe', 'radix=10;coefdata=\n-129;', "f:2: a word of more than 8 bits: '-129'"),
    ('coe', 'radix=10;coefdata=0.5;', "f:1: not a number in base 10: '0.5'"),
    (
        'coe',
        'memory_initialization_radix=10;\nmemory_initialization_vector=\n-128;',
        "f:3: not a number in base 10: '-128'; its two's complement is '128'",
    ),
    ('coe', COE + '-81;', "f:2: not a number in base 16: '-81'"),
    ('coe', COE + '-g;', "f:2: not a number in base 16: '-g'"),
    ('coe', COE + '0x10;', "f:2: not a number in base 16: '0x10'; without the prefix: '10'"),
    ('readmemh', '0x10', "f:1: bits that are x or z have no value: '0x10'; without the prefix: '10'"),
    ('readmemh', "8'hff", "f:1: not a number in base 16: \"8'hff\"; without the prefix: 'ff'"),
    ('readmemh', '@0x1 0', "f:1: not a number in base 16: '0x1'; without the prefix: '1'"),
    ('readmemb', '0b101', "f:1: not a number in base 2: '0b101'; without the prefix: '101'"),
    ('readmemb', "8'b1x", 'f:1: bits that are x or z have no value: "8\'b1x"'),
    ('readmemh', '-1', "f:1: not a number in base 16: '-1'; its two's complement is 'ff'"),
    ('mif', MIF + '0 : -1;\n1 : 2;\nEND;', "f:6: not a number in base 16: '-1'; its two's complement is 'ff'"),
    ('mif', MIF + '0 : 0x1;\n1 : 2;\nEND;', "f:6: not a number in base 16: '0x1'; without the prefix: '1'"),
    ('mif', MIF + '[0..1] : 0 1 2;\nEND;', 'f:6: 3 words for the addresses 0 to 1'),
    ('mif', MIF + '[0..1] : 0\n1\n2;\nEND;', 'f:6: 3 words for the addresses 0 to 1'),
    ('mif', MIF + '0 : 0;\n[1..1] : 1 2;\nEND;', 'f:7: 2 words for the addresses 1 to 1'),
    ('mif', MIF + '0 : 0 1 2;\nEND;', 'f:6: the addresses 0 to 2 are not below DEPTH, 2'),
    ('mif', MIF + '[0..2] : 0;\nEND;', 'f:6: the addresses 0 to 2 are not below DEPTH, 2'),
    ('mif', MIF.replace('=2;', '=2;;') + '[0..1] : 0;\nEND;', 'f:2: not WIDTH, DEPTH, ADDRESS_RADIX and DATA_RADIX'),
    ('mif', MIF + '0 : ;\n1 : 2;\nEND;', "f:6: not ADDRESS : WORDS; '0 :'"),
    ('mif', MIF + '0 : 1;;\n1 : 2;\nEND;', 'f:6: not ADDRESS : WORDS;'),
    ('mif', MIF + '0 1 : 1 2;\nEND;', "f:6: not ADDRESS : WORDS; '0 1 : 1 2'"),
    ('mif', MIF + '0 : 1 : 2;\n1;\nEND;', "f:6: not ADDRESS : WORDS; '0 : 1 : 2'"),
    ('mif', MIF + '[0 . . 1] : 1;\nEND;', "f:6: not ADDRESS : WORDS; '[0 . . 1] : 1'"),
    ('mif', MIF + '[0..1 : 1;\nEND;', "f:6: not ADDRESS : WORDS; '[0..1 : 1'"),
    ('mif', MIF + '0 : 1\n1 : 2;\nEND;', "f:6: not ADDRESS : WORDS; '0 : 1"),
    ('mif', MIF + '0 : 1, 2;\nEND;', "f:6: not a number in base 16: '1,'"),
    ('mif', MIF + '0 : [;\nEND;', "f:6: not a number in base 16: '['"),
    ('mif', MIF + '0 : 1;\n1 : 2\nEND;', "f:7: no semicolon: '1 : 2"),
    ('mif', MIF + '0 : 1;\nEND;\n1 : 2;\nEND;', "f:7: not ADDRESS : WORDS; 'END'"),
    ('mif', MIF + '[0..1] : 1;\n[0..1] : 1;\nEND;', 'f:7: the address 0 is given twice'),
    ('mif', MIF + '1 : 2;\nEND;', 'f: no word at the address 0, below DEPTH, 2'),
    ('mif', MIF + 'END;', 'f: no word at the address 0, below DEPTH, 2'),
    ('mif', MIF + '0 : 1; % 1 : 2;\nEND;', 'f:6: a comment that does not end'),
    ('readmemh', '1\n@2 3', 'f: no word at the address 1, and one at 2'),
    ('readmemh', '@1 1', 'f: no word at the address 0, and one at 1'),
    ('readmemh', '@0 1 2\n@1 3', 'f:2: the address 1 is given twice'),
    ('readmemh', '@3 1\n@0 1 2\n@1 3', 'f:3: the address 1 is given twice'),
    ('readmemh', '1,\n2', "f:1: not a number in base 16: '1,'"),
    ('readmemh', '0x01', "f:1: bits that are x or z have no value: '0x01'"),
    ('readmemh', '01\n0\xa02', "f:2: not a number in base 16: '0\\xa02'"),
    ('readmemh', '\ud800', 'f:1: not a number in base 16'),
    ('c', 'int w[2][2] = {{1},{3,4,5}};', 'f:1: braces around 1 numbers, after 0, are no part of an array of 2 x 2'),
    ('c', 'int w[2][2] = {{1,2},\n{3}};', 'f:2: braces around 1 numbers, after 2, are no part of an array of 2 x 2'),
    ('c', 'int w[2][2] = {{1,2},\n{3,4,5}};', 'f:2: braces around 3 numbers, after 2, are no part'),
    ('c', 'int w[2][2] = {1,\n{2,3},4};', 'f:2: braces around 2 numbers, after 1, are no part of an array of 2 x 2'),
    ('c', 'int w[2][2][2] = {{{1,2},{3,4}},\n{{5},{6,7,8}}};', 'f:2: braces around 1 numbers, after 4, are no'),
    ('c', 'int w[2][2][2] = {{{1,2},{3,4},\n{5,6}},{{7,8}}};', 'f:1: braces around 6 numbers, after 0, are no'),
    ('c', 'int w[4] = {{1,2},{3,4}};', 'f:1: braces around 2 numbers, after 0, are no part of an array of 4'),
    ('c', 'int w[][2] = {{1,2},\n{3}};', 'f:2: braces around 1 numbers, after 2, are no part'),
    ('c', 'int w[][2] = {1,2,3};', 'f:1: 3 numbers in an array of'),
    ('c', 'int w[N][M] = {{1,2},\n{3}};', 'f:2: braces around 1 numbers, after 2, are no part of an array of N x M'),
    ('c', 'int w[] = {{1,2},{3,4}};', 'f:1: braces around 2 numbers, after 0, are no part'),
    ('c', 'int w[2][2] = {{1,2},{3,4}},;', 'f:1: not one array'),
    ('c', 'int w[2] = {1,,};', "f:1: not a number: ','"),
    ('c', 'int w[1] = {};', "f:1: not a number: '}'"),
    ('c', 'int w[1] = {0x};', "f:1: not a hexadecimal or decimal constant: '0x'"),
    ('c', 'int w[1] = {256};', "f:1: a word of more than 8 bits: '0x100'"),
    ('c', 'int w[2] = {1, 2', 'f:1: not one array'),
    ('c', 'int w[2] = {1,\n2}; int v;', 'f:1: not one array'),
    ('c', 'int w[2] = {1,\n010};', "f:2: not a hexadecimal or decimal constant: '010'"),
    ('c', 'int w[2] = {1,\n-1};', "f:2: not a hexadecimal or decimal constant: '-1'; its two's complement is '0xff'"),
    ('c', 'int w[2] = {1,\n-0x80};', "'-0x80'; its two's complement is '0x80'"),
    ('c', 'int w[2] = {1,\n-129};', "f:2: not a hexadecimal or decimal constant: '-129'"),
    ('c', 'int w[2] = {1,\nab};', "f:2: not a number in base 10: 'ab'"),
    ('c', 'int w[3] = {1, 2};', 'f:1: 2 numbers in an array of 3'),
    ('c', 'int w[0x3] = {1, 2};', 'f:1: 2 numbers in an array of 0x3'),
    ('c', 'int w[010] = {1, 2};', "f:1: not a hexadecimal or decimal constant: '010'"),
    ('c', 'int w[2] = {1,\n1 2};', "f:2: not a comma or a brace after a number: '2'"),
    ('c', 'int w[2] = {1,\n{2}}}}{};', "f:2: a brace that closes nothing: '}'"),
    ('c', 'int w[2] = {1,\n{2};', 'f:2: a brace that is not closed'),
    ('c', 'int w[2] = {1,\n,2};', "f:2: not a number: ','"),
    ('c', 'int w[2] = {1,\n{}};', "f:2: not a number: '}'"),
    ('c', 'int w[2] = {1, {2}{3}};', "f:1: not a comma or a brace after a number: '{'"),
    ('c', 'int w[1] = {\n1uu};', "f:2: not a hexadecimal or decimal constant: '1uu'"),
    ('c', 'int w[1] = {1lL};', "f:1: not a hexadecimal or decimal constant: '1lL'"),
    ('c', '/*/ int w[1] = {1};', 'f:1: a comment that does not end'),
    ('c', '/**/\n/* int w[1] = {1};', 'f:2: a comment that does not end'),
    ('mif', MIF.replace('=2', '=' + '9' * 4000) + 'END;', "f:2: DEPTH must be from 1 to 4194304: '999"),
    ('mif', MIF.replace('=8', '=' + '9' * 4000) + 'END;', "f:1: WIDTH must be 8, that of the format: '999"),
    ('mif', MIF + 'f' * 4000 + ' : 1;\nEND;', "f:6: the addresses '0xfff"),
    ('readmemh', '1\n@' + 'f' * 4000 + ' 2', "f: no word at the address 1, and one at '0xfff"),
    ('readmemh', f'@{"f" * 4000} 2 @{"f" * 4000} 2', "f:1: the address '0xfff"),
]


@pytest.mark.parametrize(('form', 'text', 'message'), HOSTILE)
def test_what_cannot_be_read_is_one_line_with_its_place(form: Any, text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared below)
        memory_files.from_text(Q, text, form, name='f')
    assert message in str(caught.value)
    assert str(caught.value).startswith('f:')
    assert '\n' not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    'text', ['int x[' + ' ' * 300_000 + ' = {1};', '/* ' * 300_000, 'int x' + '[' * 300_000 + '={1};', '{' * 300_000]
)
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ValueError, match='f:1: '):
        memory_files.from_text(Q, text, 'c', name='f')
    assert time.process_time() - start < 5


@pytest.mark.parametrize('form', memory_files.FORMATS)
@pytest.mark.parametrize('width', [8, 31, 50])
def test_many_words_are_read_as_arrays(form: Any, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, largest = FixedQ(width, width), 1 << min(width - 1, 50)
    x = np.random.default_rng(width).integers(-largest, largest, 30_000)
    text = memory_files.to_text(spec, x, form)
    # as other programs write them: without leading zeros, with underscores or suffixes, a comment a line
    if form.startswith('readmem'):
        text = re.sub(r'(?m)^0*(\w+)(\w)$', r'\1_\2 // a word', text)
    elif form == 'c':
        text = re.sub('(?m)0x0*([0-9a-f]+),$', r'0X\1uLL, // a word', text)
    one_by_one = []
    number = MemoryText.number

    def counted(*args: Any, **options: Any) -> int:
        one_by_one.append(args)
        return number(*args, **options)

    monkeypatch.setattr(MemoryText, 'number', counted)
    assert np.array_equal(words_of(text, form, width, 'f'), spec.to_bits(x))
    assert len(one_by_one) == (form == 'c')  # the size of the array
    lines = text.split('\n')
    lines[29_000] = 'what;'
    with pytest.raises(ValueError, match=r'^f:2900[12]: '):
        words_of('\n'.join(lines), form, width, 'f')


def test_words_in_another_order_and_radix() -> None:
    numbers = np.random.default_rng(0).permutation(5000)
    spec = FixedQ(16, 16, False)
    text = ''.join(f'@{address:x} {address:x}\n' for address in numbers.tolist())
    assert memory_files.from_text(spec, text, 'readmemh').tolist() == list(range(5000))
    head = 'WIDTH=16; DEPTH=5000; ADDRESS_RADIX=UNS; DATA_RADIX={}; CONTENT BEGIN\n{}END;'
    for radix, form in {'BIN': 'b', 'OCT': 'o', 'UNS': 'd', 'DEC': 'd', 'HEX': 'X'}.items():
        lines = ''.join(f'{address} : {address:{form}};\n' for address in numbers.tolist())
        assert memory_files.from_text(spec, head.format(radix, lines), 'mif').tolist() == list(range(5000))
    largest = (1 << 64) - 1
    wide = FixedQ(64, 64, False)
    for number in (f'{largest}', f'{largest:#x}ull', f'0x00000{largest:x}'):
        assert memory_files.from_text(wide, f'int w[] = {{{number}, 1}};', 'c', exact=True).tolist() == [largest, 1]
    with pytest.raises(ValueError, match='f:1: a word of more than 64 bits'):
        memory_files.from_text(wide, f'int w[] = {{{largest + 1}}};', 'c', name='f')


@pytest.mark.parametrize('width', [8, 64, 65, 128])
def test_signed_numbers_of_a_mif_at_any_width(width: int) -> None:
    head = f'WIDTH={width};DEPTH=4;ADDRESS_RADIX=HEX;DATA_RADIX=DEC;CONTENT BEGIN '
    low = -(1 << (width - 1))
    spec = FixedQ(width, width)
    text = f'{head}0 : 5; 1 : -1; 2 : {low}; 3 : 0; END;'
    assert memory_files.from_text(spec, text, 'mif', exact=True).tolist() == [5, -1, low, 0]
    assert memory_files.from_text(spec, f'{head}[0..3] : 7; END;', 'mif', exact=True).tolist() == [7] * 4
    with pytest.raises(ValueError, match=f'f:1: a word of more than {width} bits'):
        memory_files.from_text(spec, f'{head}[0..3] : {low - 1}; END;', 'mif', name='f')


def test_a_mif_may_have_as_many_words_as_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mif, 'MAX_DEPTH', 4)
    x = np.arange(100)
    assert memory_files.from_text(Q, memory_files.to_text(Q, x, 'mif'), 'mif').tolist() == x.tolist()
    with pytest.raises(ValueError, match=r'f:1: DEPTH must be from 1 to 7\d: 99'):
        memory_files.from_text(
            Q, 'WIDTH=8;DEPTH=99;ADDRESS_RADIX=DEC;DATA_RADIX=DEC;CONTENT BEGIN [0..98]:1;END;', 'mif', name='f'
        )


def test_c_arrays_as_c_has_them() -> None:
    for text in (
        'int w[2]={1,2,};',
        'int w[]={1u,0x2ULL};',
        'int w[1][0x2]={{1,2},};',
        'int w[ N ] = {1lu, 2LL};',
        'int w[2] = {{1}, 2};',
        'int w[2][1] = {{1}, 2};',
        'int w[1][2][1] = {{1, {2}}};',
        'int w[][M] = {{1}, {2}};',
    ):
        assert memory_files.from_text(Q, text, 'c').tolist() == [Q.eps, 2 * Q.eps]


def test_wide_c_arrays_that_are_wrong() -> None:
    spec = FixedQ(72, 72)
    with pytest.raises(ValueError, match=r'f:1: a word of 72 bits has 2 parts: 1'):
        memory_files.from_text(spec, 'int w[] = {1};', 'c', name='f')
    with pytest.raises(ValueError, match='f:1: more than the 64 bits'):
        memory_files.from_text(spec, 'int w[] = {0x10000000000000000, 0};', 'c', name='f')


def test_what_cannot_be_written(tmp_path: Path) -> None:
    for x, form, message in (
        ([np.nan], 'coe', 'NaN has no code'),
        ([np.inf], 'mif', 'Inf has no code there'),
        ([], 'c', r"'x' must have at least one element: shape \(0,\)"),
        ([1], 'vhdl', "'form' must be one of readmemh, readmemb, coe, mif, c: 'vhdl'"),
    ):
        with pytest.raises(ValueError, match=message):
            memory_files.write(Q, x, tmp_path / 'a', form)  # type: ignore[arg-type]
    for name in ('int', 'a b', '*/ x', ''):
        with pytest.raises(ValueError, match="'name' must be a C"):
            memory_files.to_text(Q, [1], 'c', name=name)
    with pytest.raises(ValueError, match="'form' must be one of"):
        memory_files.from_text(Q, '', 'x')  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('form', memory_files.FORMATS)
@pytest.mark.parametrize('spec', [Q, FixedQ(70, 20, True, 'RND', 'SAT'), MinifloatQ(1, 2, 1), BinaryQ(), TernaryQ()])
def test_the_command(run: Run, tmp_path: Path, form: str, spec: Spec) -> None:
    x, text, back = tmp_path / 'x.npy', tmp_path / 'text', tmp_path / 'back.npy'
    np.save(x, np.array([[0.5, -1], [-3, 2]], np.float32))
    assert run('codes', spec.cpp_type, '--input', x, '--output', text, '--format', form) == (0, '', wrote(text))
    assert run('codes', spec.cpp_type, '--input', text, '-o', back, '--format', form) == (0, '', wrote(back))
    expected = memory_files.to_text(spec, np.load(x), form)  # type: ignore[arg-type]
    assert run('codes', spec.cpp_type, '--input', x, '-o', '-', '--format', form) == (0, expected, '')
    assert np.load(back).tolist() == spec.decode(spec.encode([0.5, -1, -3, 2]), exact=True).tolist()


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'utf-32'])
def test_a_file_may_begin_with_a_byte_order_mark(encoding: str, tmp_path: Path) -> None:
    (tmp_path / 'w.hex').write_bytes('// two words\r01\rff\r'.encode(encoding))
    assert memory_files.read(Q, tmp_path / 'w.hex', 'readmemh').tolist() == [1, -1]


@pytest.mark.parametrize('width', [8, 64, 65, 128])
def test_coefficients_at_any_width(width: int) -> None:
    spec, low = FixedQ(width, width), -(1 << (width - 1))
    text = f'radix=10;coefdata=5,-1,{low},{-low - 1};'
    assert memory_files.from_text(spec, text, 'coe', exact=True).tolist() == [5, -1, low, -low - 1]


def test_no_cut_number_is_proposed() -> None:
    wide = FixedQ(4096, 4096)
    with pytest.raises(ValueError, match=r"^f:1: not a number in base 16: '-1'; write its two's complement$"):
        memory_files.from_text(wide, '-1', 'readmemh', name='f')


def test_the_command_refuses(run: Run, tmp_path: Path) -> None:
    x, text = tmp_path / 'x.npy', tmp_path / 'text'
    wide = '70_0000_0000_0000_0001'.replace('_', '')
    for content, type_, message in (
        ('x', 'int<8>', f'{text}:1: bits that are x or z'),
        (wide, 'int<72>', "float64 cannot hold a value of 'ap_fixed<72, 72>'"),
        ('8' + '0' * 274, 'ap_fixed<1100,1100>', "float64 cannot hold a value of 'ap_fixed<1100, 1100>'"),
    ):
        text.write_text(content)
        code, out, err = run('codes', type_, '--input', text, '-o', x, '--format', 'readmemh')
        assert (code, out, err.count('\n')) == (2, '', 1)
        assert message in err
        assert not x.exists()
    code, out, err = run('codes', 'int<8>', '--input', text, '-o', '-', '--format', 'readmemh')
    assert (code, out, err.count('\n')) == (2, '', 1)
    assert 'an .npy file is binary, and not written to stdout; name it, such as -o x.npy' in err
    text.write_bytes(b'PK\x03\x04')
    code, out, err = run('codes', 'int<8>', '--input', text, '-o', x, '--format', 'mif')
    assert err == (
        f'quantizers: error: {text}: an .npz file or another ZIP archive, where text is wanted; `choose` and `quantize`'
        ' read arrays\n'
    )
    text.write_bytes(b'\xff')
    assert f'{text}: no text' in run('codes', 'int<8>', '--input', text, '-o', x, '--format', 'mif')[2]
    assert 'No such file' in run('codes', 'int<8>', '--input', tmp_path / 'n', '-o', x, '--format', 'mif')[2]
    for array, message in (([1j], 'complex128'), ([np.nan], 'NaN has no code')):
        np.save(x, array)
        code, out, err = run('codes', 'int<8>', '--input', x, '-o', text, '--format', 'coe')
        assert (code, out, err.count('\n')) == (2, '', 1)
        assert message in err
        assert text.read_bytes() == b'\xff'
    np.save(x, [1])
    code, out, err = run('codes', 'int<8>', '--input', x, '-o', tmp_path / '1w.h', '--format', 'c')
    assert (code, out, err.count('\n')) == (2, '', 1)
    assert "the file must be named as a C++ identifier, to name the array; rename it: '1w.h'" in err
    for other in (x, tmp_path / 'y.npy'):
        assert run('codes', 'int<8>', '--input', other, '-o', x, '--format', 'coe')[0] == 2
    assert run('codes', 'int<8>', '--input', text, '-o', tmp_path / 'b', '--format', 'coe')[0] == 2


@pytest.mark.parametrize('form', memory_files.FORMATS)
@pytest.mark.parametrize('spec', [formats.E4M3FN, AffineQ(8, 0.1, 3), FixedQ(8, 3, True, 'CEIL')], ids=repr)
def test_formats_without_a_type_of_cpp(spec: Any, form: Any) -> None:
    """The words are bits, of whatever format."""
    x = np.array([0.5, -0.25, 3.3])
    assert memory_files.from_text(spec, memory_files.to_text(spec, x, form), form).tolist() == spec(x).tolist()
