"""The emitted headers, compiled with the vendor's ap_fixed.h: every initialiser means its bits, at any width."""

from __future__ import annotations

import itertools
import random
import re
import subprocess
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import macros
from oracles.channels import KINDS, THREE
from oracles.vendor import compiler, headers
from quantizers import BinaryQ, FixedQ, MinifloatQ, PerChannel, Spec, TernaryQ, get_include, memory_files
from quantizers.cli import main
from quantizers.config import QuantizerConfig
from quantizers.cpp import header
from quantizers.cpp.headers import identifiers
from quantizers.cpp.reserved import KEYWORDS, LIBRARY

SHOW = """
#include <cstdio>
#include <ap_binary.h>
template <int m, int e, int e0>
void show(const ap_minifloat<m, e, e0> &value) { std::printf("%llX\\n", value.bits().to_uint64()); }
void show(const ap_binary &value) { std::printf("%llX\\n", value.bits().to_uint64()); }
template <class T> void show(const T &value) { std::printf("%s\\n", value.range().to_string(16).c_str()); }
template <class T, int N> void show(const T (&values)[N]) { for (int i = 0; i < N; i++) show(values[i]); }
"""


def compile_and_run(tmp_path: Path, text: str, main: str, before: str = '') -> str:
    (tmp_path / 'weights.h').write_text(text)
    program = f'{before}\n#include "weights.h"\n#include "weights.h"\n{SHOW}\nint main() {{ {main} }}\n'
    (tmp_path / 'main.cpp').write_text(program)
    flags = ['-std=c++11', '-O0', '-Wall', '-Wextra', '-Werror', '-isystem', str(headers()), f'-I{get_include()}']
    command = [compiler(), *flags, 'main.cpp', '-o', 'main']
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    ran = subprocess.run(['./main'], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


def read_back(tmp_path: Path, text: str, names: Mapping[str, str]) -> list[int]:
    main = ' '.join(f'show({name});' for name in names.values())
    return [int(line, 16) for line in compile_and_run(tmp_path, text, main).split()]


def edge_codes(spec: FixedQ) -> list[int]:
    scale = 2**spec.f if spec.f >= 0 else 1
    low, high = (int(bound * scale) if spec.f >= 0 else int(bound) >> -spec.f for bound in (spec.min, spec.max))
    generator = random.Random(spec.width)
    edges = {low, low + 1, -1, 0, 1, 2, high // 3, high - 1, high}
    edges |= {generator.randint(low, high) for _ in range(3)} | {1 << b for b in (52, 53, 54, 63, 64)}
    return sorted(code for code in edges if low <= code <= high)


def shapes(widths: tuple[int, ...]) -> list[FixedQ]:
    modes = [
        ('SAT', 0),
        ('SAT_SYM', 0),
        ('SAT_ZERO', 0),
        ('WRAP', 0),
        ('WRAP', 1),
        ('WRAP', 3),
        ('WRAP_SM', 0),
        ('WRAP_SM', 2),
    ]
    specs = []
    for width in widths:
        integers = [width // 2, width, -5, min(width + 4, 4096), -1020, -1080, 1030]
        integers += [-4096, 4096] if width in (8, 64, 4096) else []
        for j, integer in enumerate(integers):
            signed = bool((width + j) % 4)
            overflow, bits = modes[(width + 3 * j) % len(modes)]
            if (overflow == 'WRAP_SM' and not signed) or bits >= width or (overflow == 'SAT_SYM' and width == 1):
                overflow, bits = 'SAT', 0
            rounding = ('TRN', 'RND', 'RND_CONV', 'TRN_ZERO')[j % 4]
            specs.append(FixedQ(width, integer, signed, rounding, overflow, bits))
    return specs


@pytest.mark.parametrize(
    'widths', [(1, 2, 8, 16), (24, 33, 53, 54), (55, 63, 64, 65), (66, 128, 200, 1024), (1025, 4096)], ids=str
)
def test_every_initialiser_means_its_bits(
    widths: tuple[int, ...], tmp_path: Path, monkeypatch: Any, tally: Any
) -> None:
    specs = {f's{j}': spec for j, spec in enumerate(shapes(widths))}
    codes = {name: edge_codes(spec) for name, spec in specs.items()}
    # codes that no float64 input reaches are to be written, too
    monkeypatch.setattr(FixedQ, 'encode', lambda self, codes: np.array(codes, dtype=object))
    text = header(specs, codes)
    assert ('AP_INT_MAX_W' in text) == (max(widths) > 1024)
    expected = [code % (1 << specs[name].width) for name in specs for code in codes[name]]
    got = read_back(tmp_path, text, {name: name for name in specs})
    wrong = [(e, g) for e, g in zip(expected, got, strict=True) if e != g]
    assert not wrong
    one = np.ones(len(expected), bool)
    tally.note('vendor: initialisers in headers', widths, one, one, one, one)


def test_arrays_are_quantized_and_keep_their_shape(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 10)).astype(np.float32)
    specs = {'w': FixedQ(8, 2, True, 'RND', 'SAT'), 'wide': FixedQ(90, 20), 't': TernaryQ(), 's': FixedQ(8, 3)}
    arrays = {'w': x, 'wide': x / 3, 't': x[0], 's': -1.75}
    text = header(specs, arrays)
    for declaration in ('w_t w[2][3][10] = {', 'wide_t wide[2][3][10] = {', 't_t t[3][10] = {', 's_t s = -1.75;'):
        assert f'static const {declaration}' in text
    expected = [int(bits) for name, array in arrays.items() for bits in np.ravel(specs[name].to_bits(array))]
    assert read_back(tmp_path, text, {name: name for name in specs}) == expected


MINIFLOATS = [
    *(MinifloatQ(m, e, e0) for m, e, e0 in ((1, 2, 1), (3, 2, 1), (2, 3, 1), (0, 1, 0), (4, 3, -9))),
    *(MinifloatQ(m, e, e0) for m, e, e0 in ((52, 11, 0), (52, 11, 1), (23, 8, 1), (0, 11, 4096), (52, 1, -4096))),
    *(MinifloatQ(m, e, e0) for m, e, e0 in ((3, 4, -1020), (3, 4, -1080), (7, 8, 900), (30, 2, 1022))),
]


def test_minifloats_keep_every_bit_and_the_sign_of_zero(tmp_path: Path, monkeypatch: Any, tally: Any) -> None:
    specs = {f's{j}': spec for j, spec in enumerate(MINIFLOATS)}
    codes = {}
    for name, spec in specs.items():
        bits, generator = spec.bits, random.Random(spec.bits)
        some = {generator.getrandbits(bits) for _ in range(40)} | {0, 1, (1 << bits) - 1, (1 << (bits - 1)) - 1}
        some |= {1 << (bits - 1), 1 << spec.mantissa_bits, (1 << spec.mantissa_bits) + 1, (1 << spec.mantissa_bits) - 1}
        codes[name] = list(range(1 << bits)) if bits <= 8 else sorted(some)
    # codes that no float64 input reaches are to be written, too
    monkeypatch.setattr(MinifloatQ, 'encode', lambda self, codes: np.array(codes, dtype=object))
    text = header(specs, codes)
    assert re.search(r'\bs0\[16\] = \{\n    0\.0, 0\.5,.*-0\.0, -0\.5', text, re.DOTALL)
    expected = [code for name in specs for code in codes[name]]
    got = read_back(tmp_path, text, {name: name for name in specs})
    one = np.ones(len(expected), bool)
    assert got == expected
    tally.note('C++: initialisers of minifloats', 'all', one, one, one, one)


def test_every_kind_of_spec_in_one_header(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 5)).astype(np.float32)
    x[0, 0] = 0.0, -0.0, 1e-30, -1e-30, 1e30
    specs: dict[str, Spec] = {
        'dense.kernel': MinifloatQ(1, 2, 1),
        'dense.bias': FixedQ(8, 3, True, 'RND', 'SAT'),
        'sign': BinaryQ(),
        'three': TernaryQ(),
        'scale': MinifloatQ(52, 11),
        'one': BinaryQ(),
        'wide': FixedQ(1100, 40, overflow='SAT'),
    }
    arrays = dict.fromkeys(specs, x) | {'dense.bias': x[0], 'scale': -0.0, 'one': 2.5}
    text = header(specs, arrays)
    for declaration in ('dense_kernel_t dense_kernel[2][3][5] = {', 'scale_t scale = -0.0;', 'one_t one = 1.0;'):
        assert f'static const {declaration}' in text
    expected = [int(bits) for name, array in arrays.items() for bits in np.ravel(specs[name].to_bits(array))]
    assert read_back(tmp_path, text, {name: name.replace('.', '_') for name in specs}) == expected


def test_a_header_has_a_typedef_for_each_channel_or_the_joined_type() -> None:
    each = ['typedef ap_fixed<6, 1, AP_RND, AP_SAT> a_w_0_t;', 'typedef ap_fixed<7, 3, AP_RND, AP_SAT> a_w_1_t;']
    each += ['typedef ap_fixed<6, 5, AP_RND, AP_SAT> a_w_2_t;']
    joined, other = 'typedef ap_fixed<10, 5, AP_RND, AP_SAT> a_w_t;', 'typedef ap_binary b_t;'
    config = QuantizerConfig({'a.w': THREE, 'b': BinaryQ()})
    x = np.ones((2, 3))

    def typedefs(**options: Any) -> list[str]:
        return [line for line in header(config, **options).splitlines() if line.startswith('typedef')]

    assert typedefs() == [*each, other]
    assert typedefs(join=True) == [joined, other]
    assert typedefs(arrays={'a.w': x}) == [*each, joined, other]
    assert typedefs(arrays={'a.w': x}, join=True) == [joined, other]
    assert '#include <ap_minifloat.h>' in header({'w': PerChannel(0, (MinifloatQ(1, 2), BinaryQ()))})
    assert '#include <ap_minifloat.h>' not in header({'w': PerChannel(0, (MinifloatQ(1, 2), BinaryQ()))}, join=True)


def test_initialisers_are_the_values_of_each_channel(tmp_path: Path) -> None:
    formats: dict[str, PerChannel] = {
        'kinds': PerChannel(0, KINDS),
        'wide': PerChannel(0, (FixedQ(100, 20), FixedQ(70, 2, True, 'RND', 'SAT'), *KINDS[:5])),
        'same': PerChannel(0, (MinifloatQ(2, 3),) * 7),
    }
    x = np.random.default_rng(3).normal(size=(7, 4)) * 3
    x[:, 0] = 0.1, -1e-9, 1 / 3, -0.0, 5, -7, 1e-5
    text = header(formats, dict.fromkeys(formats, x))
    names = {name: name for name in formats}
    got = iter(read_back(tmp_path, text, names))
    for name, per_channel in formats.items():
        joined = per_channel.joined
        bits = np.array(list(itertools.islice(got, x.size)), object).reshape(x.shape)
        for channel, spec in enumerate(per_channel.specs):
            expected = spec.decode(spec.encode(x[channel]), exact=True).tolist()
            assert [Fraction(v) for v in joined.from_bits(bits[channel], exact=True)] == expected, (name, channel)


@pytest.mark.parametrize(
    ('other', 'message'),
    [
        ('w.0', "'w.0' and channel 0 of 'w' would both become the C++ identifier 'w_0_t'"),
        ('w/2/t', "'w/2/t' and channel 2 of 'w' would both become the C++ identifier 'w_2_t'"),
    ],
)
def test_the_type_of_a_channel_is_not_that_of_another_name(other: str, message: str) -> None:
    specs: dict[str, Any] = {'w': THREE, other: BinaryQ()}
    for either in (specs, dict(reversed(specs.items()))):
        with pytest.raises(ValueError, match=f'^{re.escape(message)}$'):
            header(either)
    with pytest.raises(ValueError, match=r"^the include guard 'w_1_t' and channel 1 of 'w' would both become"):
        header({'w': THREE}, guard='w_1_t')
    # the joined type has the name of none of them
    assert header(specs, join=True).count('typedef ') == 2


def test_the_header_as_a_whole() -> None:
    config = QuantizerConfig(
        {'dense1.weight': FixedQ(8, 3, True, 'RND', 'SAT'), 'x': FixedQ(16, 6)}, description='Größe'
    )
    assert header(config, {'x': [0.5, -0.25, 0]}, guard='NET_H') == (
        '#ifndef NET_H\n'
        '#define NET_H\n'
        '\n'
        '// Größe\n'
        '\n'
        '#include <ap_fixed.h>\n'
        '\n'
        'typedef ap_fixed<8, 3, AP_RND, AP_SAT> dense1_weight_t;\n'
        'typedef ap_fixed<16, 6> x_t;\n'
        '\n'
        'static const x_t x[3] = {\n'
        '    0.5, -0.25, 0.0\n'
        '};\n'
        '\n'
        '#endif  // NET_H\n'
    )
    assert header(config, description='other').count('// other\n') == 1
    assert header(dict(config)).count('//') == 1


def test_only_the_includes_that_are_needed() -> None:
    assert re.findall('#include.*', header({})) == []
    assert re.findall('#include.*', header({'w': FixedQ(200, 100)})) == ['#include <ap_fixed.h>']
    text = header({'w': FixedQ(200, 100)}, {'w': [1 / 3]})
    assert re.findall('#include.*', text) == ['#include <ap_fixed.h>']
    assert re.findall('#include.*', header({'w': TernaryQ()})) == ['#include <ap_fixed.h>']
    assert re.findall('#include.*', header({'w': MinifloatQ(1, 2)})) == ['#include <ap_minifloat.h>']
    assert re.findall('#include.*', header({'w': BinaryQ()}, {'w': [1]})) == ['#include <ap_binary.h>']
    both = re.findall('#include.*', header({'a': BinaryQ(), 'b': MinifloatQ(1, 2), 'c': FixedQ(8, 3)}))
    assert both == ['#include <ap_fixed.h>', '#include <ap_minifloat.h>', '#include <ap_binary.h>']
    text = header({'w': FixedQ(64, 64)}, {'w': [2**62 + 1]})
    assert re.findall('#include.*', text) == ['#include <ap_fixed.h>', '#include <ap_int.h>']


def test_a_wide_type_needs_its_macro_before_the_first_include(tmp_path: Path) -> None:
    text = header({'w': FixedQ(2000, 1000)}, {'w': 0.5})
    assert text.index('#define AP_INT_MAX_W 2000') < text.index('#include')
    assert 'AP_INT_MAX_W' not in header({'w': FixedQ(1024, 500)})
    main = 'show(w);'
    assert int(compile_and_run(tmp_path, text, main), 16) == 1 << 999
    assert int(compile_and_run(tmp_path, text, main, '#define AP_INT_MAX_W 4000'), 16) == 1 << 999
    with pytest.raises(AssertionError, match='AP_INT_MAX_W must be at least 2000 before the first include'):
        compile_and_run(tmp_path, text, main, '#include <ap_int.h>')


def test_headers_whose_names_are_alike_go_together(tmp_path: Path) -> None:
    files = 'net1/weights.h net2/weights.h m-1.h m_1.h M.1.h 权重.h 偏置.h python1.h python2.h'.split()
    for number, file in enumerate(files):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        specs, arrays = {f'w{number}': FixedQ(8, 8)}, {f'w{number}': np.float64(number)}
        if file.startswith('python'):
            path.write_text(header(specs, arrays))
            continue
        QuantizerConfig(specs).save(tmp_path / 'config.json')
        np.savez(path.with_name(f'{path.stem}.npz'), **arrays)
        source = str(path.with_name(f'{path.stem}.npz'))
        assert main(['quantize', str(tmp_path / 'config.json'), source, '-o', str(path.parent / 'out')]) == 0
        (path.parent / 'out' / path.name).rename(path)
    # a header that is another one's copy is no second definition
    (tmp_path / 'copy.h').write_bytes((tmp_path / 'm-1.h').read_bytes())
    before = ''.join(f'#include "{file}"\n' for file in [*files, 'copy.h'])
    shown = ' '.join(f'show(w{number});' for number in range(len(files)))
    output = compile_and_run(tmp_path, header({}), shown, before)
    assert [int(line, 16) for line in output.split()] == list(range(len(files)))


def test_the_guard_is_a_digest_of_all_that_the_header_holds() -> None:
    def guard(*args: Any, **options: Any) -> str:
        found = re.fullmatch(r'#ifndef (\w+)\n#define (\w+)\n.*#endif  // (\w+)\n', header(*args, **options), re.DOTALL)
        assert found is not None
        assert len(set(found.groups())) == 1
        return found[1]

    specs, arrays = {'w': FixedQ(8, 3), 'v': FixedQ(8, 3)}, {'w': [1, 2]}
    variants = [
        guard(specs),
        guard(specs, arrays),
        guard(specs, {'v': [1, 2]}),
        guard(specs, {'w': [1, 2.5]}),
        guard(specs, {'w': [[1, 2]]}),
        guard(specs | {'v': FixedQ(8, 4)}, arrays),
        guard(specs, arrays, description='of March'),
        guard({}),
    ]
    assert len(set(variants)) == len(variants)
    assert all(re.fullmatch('QUANTIZERS_[0-9A-F]{32}_H', variant) for variant in variants)
    assert guard(specs, arrays) == guard(dict(specs), {'w': np.array([1, 2], np.float32)})
    assert guard(specs, arrays, guard='MY_H') == 'MY_H'


def test_two_headers_with_the_helper_go_together(tmp_path: Path) -> None:
    specs, arrays = {'w': FixedQ(64, 64)}, {'w': 2**62 + 1}
    (tmp_path / 'other.h').write_text(header({'v': specs['w']}, {'v': arrays['w']}, guard='OTHER_H'))
    output = compile_and_run(tmp_path, header(specs, arrays), 'show(v); show(w);', '#include "other.h"')
    assert [int(line, 16) for line in output.split()] == [2**62 + 1] * 2


@pytest.mark.parametrize(
    ('name', 'identifier'),
    [
        ('weight', 'weight'),
        ('dense1.weight', 'dense1_weight'),
        ('model/dense-1/kernel:0', 'model_dense_1_kernel_0'),
        ('0.weight', 'tensor_0_weight'),
        ('__a__b_', 'a_b'),
        ('Weight', 'Weight'),
    ],
)
def test_names_become_identifiers(name: str, identifier: str) -> None:
    assert identifiers([name]) == {name: identifier}


@pytest.mark.parametrize(
    ('names', 'message'),
    [
        (['a.b', 'a_b'], "'a.b' and 'a_b' would both become the C++ identifier 'a_b'"),
        (['a.b', 'c', 'a-b'], "'a.b' and 'a-b' would both become the C++ identifier 'a_b'"),
        (['w', 'w_t'], "'w' and 'w_t' would both become the C++ identifier 'w_t'"),
        (['w.t', 'w'], "'w.t' and 'w' would both become the C++ identifier 'w_t'"),
        (['class'], "'class' would become 'class', a C++ keyword"),
        (['wchar'], "'wchar' would become 'wchar_t', a C++ keyword"),
        (['_if'], "'_if' would become 'if', a C++ keyword"),
        (['size'], "'size' would become 'size_t', a name of the C++ library or of its headers"),
        (['gamma'], "'gamma' would become 'gamma', a name of the C++ library or of its headers"),
        (['ap.float'], "'ap.float' would become 'ap_float', a name of the C++ library or of its headers"),
        (['ap_ternary'], "'ap_ternary' would become 'ap_ternary', a name of the C++ library or of its headers"),
        (['ap_fixed'], "'ap_fixed' would become 'ap_fixed', a name of the C++ library or of its headers"),
        (
            ['quantizers.bits'],
            "the helper 'quantizers_bits' and 'quantizers.bits' would both become the C++ identifier",
        ),
        (['MY_H'], "the include guard 'MY_H' and 'MY_H' would both become the C++ identifier 'MY_H'"),
        *(
            ([name], f'{name!r} cannot become a C++ identifier')
            for name in [
                '',
                '_',
                '.',
                'a..b',
                '../a',
                '/a',
                'a.',
                'a b',
                'a\n',
                'a\nb',
                'a\x00',
                'a\\',
                'a*/b',
                '//',
                'ä',
                'a;b',
            ]
        ),
        *(
            ([name], f'{name!r} cannot become a C++ identifier')
            for name in ['a"b', 'a#b', "a'b", 'a\u202eb', 'a<b>', '\u0661', 3]
        ),
    ],
)
def test_a_name_that_cannot_be_safe_is_refused(names: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
        header(dict.fromkeys(names, FixedQ(8, 3)), guard='MY_H')


@given(
    st.dictionaries(st.text('ab_./:-01 \n*\\"', max_size=8) | st.text(max_size=3), st.just(FixedQ(8, 3)), max_size=4)
)
@settings(deadline=None)
def test_nothing_but_declarations_comes_out_of_names(specs: dict[str, Spec]) -> None:
    try:
        text = header(specs)
    except ValueError:
        return
    lines = text.splitlines()[3:-1]
    assert len([line for line in lines if line.startswith('typedef ap_fixed<8, 3> ')]) == len(specs)
    for line in filter(None, lines):
        assert re.fullmatch(r'#include <ap_fixed\.h>|typedef ap_fixed<8, 3> [A-Za-z]\w*_t;', line, re.ASCII)


def test_names_that_are_likely_in_a_network_are_refused_or_compile(tmp_path: Path) -> None:
    words = """
        weight bias kernel gamma beta mean var moving_mean moving_variance scale offset alpha shift exp log
        index time size key query value mode id error data input output x y w b k a m n W I N T S V digits y0 y1
        j0 main std int8 int16 float double signed wchar max min abs round norm softmax relu sigmoid tanh
        embedding position mask type class template state count wait link pipe read write open close table half
        bool linux unix div pow sqrt signal inline Base op select random distance begin end swap move list array
        vector string pair hash function ref bind plus cout
    """.split()
    words += sorted(KEYWORDS | LIBRARY)
    taken: dict[str, Spec] = {}
    for word in words:
        try:
            header({word: FixedQ(8, 3)})
        except ValueError:
            continue
        taken[word] = FixedQ(8, 3)
    assert {'weight', 'value', 'T', 'W', 'I', 'digits', 'relu', 'max', 'min'} <= set(taken)
    assert not taken.keys() & KEYWORDS
    assert not taken.keys() & LIBRARY
    taken |= {'a_minifloat': MinifloatQ(1, 2), 'a_sign': BinaryQ()}
    text = header(taken, dict.fromkeys(taken, 0.5))
    assert int(compile_and_run(tmp_path, text, 'show(weight);'), 16) == 16


@pytest.mark.parametrize(
    ('description', 'found'),
    [
        ('a */ b', '*/'),
        ('a /* b', '/*'),
        ('a \\', '\\'),
        ('a\nint main() {}', '\n'),
        ('a\rb', '\r'),
        ('a\x00b', '\x00'),
        ('a ??/', '??/'),
        ('a\u2028b', '\u2028'),
        ('a\u202eb', '\u202e'),
    ],
)
def test_a_description_that_could_end_the_comment_is_refused(description: str, found: str) -> None:
    message = f"'description' {description!r} holds {found!r}, which could break out of a comment"
    with pytest.raises(ValueError, match=f'^{re.escape(message)}$'):
        header(QuantizerConfig({'a': 'int<8>'}, description=description))


GUARDS: list[tuple[Any, str]] = [
    *((guard, '') for guard in ('', 'a b', '1A', 'A\n', 'Ä', 3, b'A_H', ['A_H'])),
    *((guard, ' is a C++ keyword') for guard in ('class', 'int')),
    *((guard, ' is a name that C++ keeps for the compiler') for guard in ('__cplusplus', '_A_H', 'A__H', '__x')),
    *(
        (guard, ' is a name of the C++ library or of its headers')
        for guard in (
            'NDEBUG',
            'NULL',
            'INT_MAX',
            'BIG_ENDIAN',
            'AP_ABS',
            'AP_INT_MAX_W',
            'AP_FLOAT_H',
            'linux',
            'std',
            'size_t',
        )
    ),
    *((guard, " is the helper 'quantizers_bits'") for guard in ('QUANTIZERS_BITS', 'quantizers_bits')),
]


@pytest.mark.parametrize(('guard', 'already'), GUARDS)
def test_a_guard_that_is_no_free_identifier_is_refused(guard: Any, already: str) -> None:
    message = f"'guard' must be a C++ identifier: {guard!r}{already}"
    with pytest.raises(ValueError, match=f'^{re.escape(message)}$'):
        header({}, guard=guard)


def test_no_macro_of_the_headers_becomes_a_name(tmp_path: Path) -> None:
    found = macros.macros(compiler())
    # a newer compiler or C library has more: `make macros`
    assert found <= set(macros.LIST.read_text().split())
    assert {'BIG_ENDIAN', 'AP_ABS', 'AP_INT_MAX_W', 'AP_MINIFLOAT_H', 'NULL', 'errno', 'unix'} <= found
    for name in found | {'INT_MAX', 'CHAR_BIT', 'OVERFLOW', 'EINVAL'}:
        why = re.escape(f"'name' must be a C++ identifier: {name!r} is a name of the C++ library or of its headers")
        with pytest.raises(ValueError, match=f'^{why}$'):
            FixedQ(8, 3).cpp_declaration(name)
        with pytest.raises(ValueError, match=f'^{why}$'):
            memory_files.to_text(FixedQ(8, 3), [1], 'c', name=name)
        with pytest.raises(ValueError, match=f'^{why.replace("name", "guard", 1)}$'):
            header({}, guard=name)
        if not name.startswith('_'):
            with pytest.raises(ValueError, match=f'^{name!r} would become {name!r}, a name of the'):
                identifiers([name])
    with pytest.raises(ValueError, match=r"rename it: 'INT_MAX\.h'"):
        memory_files.write(FixedQ(8, 3), [1], tmp_path / 'INT_MAX.h', 'c')


@pytest.mark.parametrize(
    ('spec', 'array', 'message'),
    [
        (MinifloatQ(1, 2, 1), [1.0, np.nan], "'a': 'x' must have no NaN"),
        (BinaryQ(), [np.nan], "'a': 'x' must have no NaN"),
        ('int<8>', None, "'a': not a spec: 'int<8>'"),
        (FixedQ(8, 3), np.zeros((2, 0)), "'a': an empty array, of shape (2, 0), cannot be written in C++"),
        (FixedQ(8, 3), [1.0, np.nan], "'a': 'x' must have no NaN"),
        (FixedQ(8, 3), [1.0, np.inf], "'a': 'x' must have no Inf"),
    ],
)
def test_what_cannot_be_written_is_refused(spec: Any, array: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
        header({'a': spec}, None if array is None else {'a': array})


def test_an_array_of_no_real_numbers_or_without_a_spec_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^'a': .*complex128"):
        header({'a': FixedQ(8, 3)}, {'a': [1j]})
    with pytest.raises(ValueError, match=r"^no spec for the tensor 'b', 'c'$"):
        header({'a': FixedQ(8, 3)}, {'b': [1], 'a': [1], 'c': [1]})
