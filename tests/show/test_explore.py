"""`quantizers explore`: the JSON interface, without a socket."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from oracles import reference
from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ, choose, parse_type
from quantizers._maths.rounding import FORMULAS
from quantizers.codes.exact import exact_code
from quantizers.modes import OVERFLOWS, ROUNDINGS
from quantizers.show import facts as properties
from quantizers.show.explore._answers import answer
from quantizers.show.explore._data import Data, read_file
from quantizers.show.explore._number import decimal, hexadecimal, read_number
from quantizers.show.explore._panels import SAMPLES, curves, whole, zoomed
from quantizers.show.explore._query import BadQuery
from quantizers.show.explore._result import outcome
from quantizers.show.explore._terms import TERMS
from quantizers.show.explore._ticks import Window, axis
from quantizers.show.explore._values import page

ROOT = Path(__file__).parents[2]
LONG_FRACTION = f'{"7" * 4000}/3'


def ask(what: str, **fields: str) -> dict[str, Any]:
    found = answer(f'/api/{what}', urlencode(fields), Data())
    assert found is not None
    return found


# numbers


@pytest.mark.parametrize(
    ('text', 'number'),
    [
        ('0.1', Fraction(1, 10)),
        ('-1.5e-3', Fraction(-3, 2000)),
        (' +5. ', Fraction(5)),
        ('.5', Fraction(1, 2)),
        ('0x1.8p-3', Fraction(3, 16)),
        ('-0X.8P+1', Fraction(-1)),
        ('0xff', Fraction(255)),
        ('-1/ 3', Fraction(-1, 3)),
        ('0x1p3/1e1', Fraction(4, 5)),
        ('0x1p-1074', Fraction(5e-324)),
        ('9007199254740993', Fraction(2**53 + 1)),
        ('1e5000', Fraction(10**5000)),
    ],
)
def test_numbers_are_read_exactly(text: str, number: Fraction) -> None:
    assert read_number(text) == number


def test_what_no_fraction_can_say() -> None:
    assert [str(read_number(text)) for text in ('inf', '-Infinity', 'nan', '-0', '-0/3')] == [
        'inf',
        '-inf',
        'nan',
        '-0.0',
        '-0.0',
    ]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (text, f"not a number: '{text}'; known are decimals, 0x1.8p-3, fractions such as 1/3, inf and nan")
        for text in (
            '',
            '.',
            '0x',
            '0xp3',
            '1e',
            'e5',
            '1_0',
            '\u0661',
            '--1',
            '1/-3',
            '1/2/3',
            '5 5',
            '<b>',
            'infinit',
        )
    ]
    + [
        ('1/0', "a fraction must not be divided by 0: '1/0'"),
        ('1e5001', "an exponent of 10 must be from -5000 to 5000: '1e5001'"),
        ('1e-99999999999999', "an exponent of 10 must be from -5000 to 5000: '1e-99999999999999'"),
        ('0x1p-20001', "an exponent of 2 must be from -20000 to 20000: '0x1p-20001'"),
        ('1' * 4097, 'a number must have at most 4096 characters: 4097'),
        ('x' * 90, f"not a number: '{'x' * 80}...'; known are decimals, 0x1.8p-3, fractions such as 1/3, inf and nan"),
    ],
)
def test_other_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r'.') as error:
        read_number(text)
    assert str(error.value) == message


def test_text_of_numbers() -> None:
    shown = [decimal(Fraction(text)) for text in ('3.96875', '-2', '1e14', '1e22', '1/3', '-0.0625')]
    assert shown == ['3.96875', '-2', '100000000000000', '1e+22', '≈0.3333333333', '-0.0625']
    # the shortest text of a float64 is another number than the float64
    assert decimal(Fraction(1, 1 << 40)) == '≈9.094947017729282e-13'
    assert decimal(Fraction(2**20_000 * 10**5000)) == '≈3.98027684e+11020'
    assert decimal(Fraction(1, 2**20_000 * 10**5000)) == '≈2.512388058e-11021'
    rng = np.random.default_rng(5)
    for number in [0.0, 1.0, 255.0, 5e-324, *(rng.normal(size=200) * 2.0 ** rng.integers(-300, 300, 200))]:
        text = hexadecimal(Fraction(float(number)))
        assert read_number(text) == float.fromhex(text) == number
    assert [hexadecimal(Fraction(x)) for x in (0, 1, -3, 10, 256, 0.1)] == [
        '0x0p+0',
        '0x1p+0',
        '-0x1.8p+1',
        '0x1.4p+3',
        '0x1p+8',
        '0x1.999999999999ap-4',
    ]


# formats, modes, values


def test_a_format() -> None:
    found = ask('format', type='fixed<8,3,RND,SAT>', x='3.3')
    assert (found['errors'], found['type'], found['notes']) == ({}, 'ap_fixed<8, 3, AP_RND, AP_SAT>', [])
    assert {row['name']: row['text'] for row in found['texts']} == {
        'spec': repr(FixedQ(8, 3, True, 'RND', 'SAT')),
        'ap': 'ap_fixed<8, 3, AP_RND, AP_SAT>',
        'ac': 'ac_fixed<8, 3, true, AC_RND, AC_SAT>',
        'hls4ml': 'fixed<8,3,RND,SAT>',
    }
    facts = dict(found['facts'])
    assert (facts['bits'], facts['step'], facts['smallest'], facts['largest']) == ('8', '0.03125', '-4', '3.96875')
    assert found['result'] == {
        'value': '3.3125',
        'code': '01101010',
        'exact': '0x1.a8p+1',
        'bits': [('sign', '0'), ('integer', '11'), ('fraction', '01010')],
        'kind': 'rounded',
        'error': '0.0125',
        'steps': '0.4',
        'advice': [{'says': 'No fixed point of 8 bits is nearer.'}],
    }


def test_codes_in_a_base() -> None:
    def code(type_: str, x: str, base: str) -> str:
        return ask('format', type=type_, x=x, base=base)['result']['code']

    bases = ('binary', 'decimal', 'hex')
    assert [code('ap_fixed<6,3>', '-1', base) for base in bases] == ['111000', '-8', '0x38']
    assert [code('ap_minifloat<1,2,1>', '-6', base) for base in bases] == ['1111', '15', '0xf']
    assert [code('ap_fixed<65,3>', '1', base) for base in bases] == [
        f'0x{1 << 62:017x}',
        str(1 << 62),
        f'0x{1 << 62:017x}',
    ]
    assert ask('values', type='ap_int<4>', base='decimal')['rows'][0]['code'] == '-8'


def test_other_formats() -> None:
    mini = ask('format', type='ap_minifloat<1,2,1>', x='-0')
    assert (mini['modes'], mini['result']['value'], mini['result']['code']) == (None, '-0', '1000')
    assert mini['result']['bits'] == [('sign', '1'), ('exponent', '00'), ('mantissa', '0')]
    assert mini['texts'][2]['refused'].startswith("the dialect 'ac' cannot say")
    assert ask('format', type='ap_binary', x='-3')['result']['bits'] == [('bits', '0')]
    coarse = ask('format', type='ap_fixed<4,8>', x='100')['result']
    assert (coarse['value'], coarse['bits'], coarse['kind']) == ('96', [('bits', '0110')], 'rounded')
    exact = ask('format', type='ap_fixed<8,3>', x='0x1p-2')['result']
    assert (exact['kind'], exact['error'], exact['value']) == ('exact', '0', '0.25')
    assert ask('format', type='ap_fixed<8,3>', x='4')['result']['kind'] == 'beyond the range'
    wide = ask('format', type='ap_fixed<65,3>', x='1')['result']
    assert ('bits' in wide, wide['code']) == (False, f'0x{1 << 62:017x}')
    assert ask('format', type='ap_int<8>')['result'] is None
    differs = ask('format', type='ac_fixed<32,8,true,AC_RND,AC_SAT_ZERO>')['notes']
    assert differs == ['ac_fixed.h makes 0 of inputs below the smallest value that round back to it; the law keeps it']


def test_what_has_no_code_says_so() -> None:
    nan = ask('format', type='ap_fixed<8,3>', x='nan')['result']
    assert nan == {'value': 'NaN', 'refused': "'x' must have no NaN to be encoded: NaN has no code", 'advice': []}
    assert 'under WRAP' in ask('format', type='ap_fixed<8,3>', x='-inf')['result']['refused']
    inf = ask('format', type='ap_fixed<8,3,AP_TRN,AP_SAT>', x='-inf')['result']
    assert (inf['value'], inf['kind'], 'error' in inf) == ('-4', 'beyond the range', False)


@pytest.mark.parametrize(
    ('type_', 'x', 'kind'),
    [
        ('ap_fixed<8,3>', '3.99', 'rounded'),  # down to the largest value: nothing wraps
        ('ap_fixed<8,3>', '-4.001', 'beyond the range'),
        ('ap_fixed<8,3,AP_TRN_ZERO>', '-4.001', 'rounded'),
        ('ap_fixed<8,3,AP_RND,AP_SAT>', '3.98', 'rounded'),
        ('ap_fixed<8,3,AP_RND,AP_SAT>', '3.984375', 'beyond the range'),
        ('ap_fixed<8,3,AP_RND,AP_SAT>', '1e5000', 'beyond the range'),
        ('ap_ufixed<8,3,AP_RND>', '-0.001', 'rounded'),
        ('ap_ufixed<8,3>', '-0.001', 'beyond the range'),
        ('ap_fixed<4,4,AP_TRN,AP_SAT_SYM>', '-7.5', 'beyond the range'),
        ('ap_minifloat<1,2,1>', '6.9', 'rounded'),
        ('ap_minifloat<1,2,1>', '-7', 'beyond the range'),
        ('ap_minifloat<1,2,1>', '1e9', 'beyond the range'),
        ('ap_binary', '0.5', 'rounded'),
        ('ap_binary', '3', 'rounded'),  # it has no overflow: every number above 0 is rounded to 1
        ('ap_binary', 'inf', 'rounded'),
        ('ap_binary', '-1', 'exact'),
    ],
)
def test_beyond_the_range_is_what_is_so_after_rounding(type_: str, x: str, kind: str) -> None:
    assert ask('format', type=type_, x=x)['result']['kind'] == kind


NUMBERS = ('0.1', '-3.3', '1/3', '0x1.1p-5', '-0x3p-6', '4', '-4.015625', '123.4', '-1e5', '1e-30', '0')


@pytest.mark.parametrize(
    'type_', ['ap_fixed<8,3>', 'ap_ufixed<6,2>', 'ap_fixed<5,7,AP_TRN,AP_WRAP,2>', 'ap_fixed<1,1>']
)
def test_every_pair_of_modes_is_as_the_laws_say(type_: str) -> None:
    spec = parse_type(type_)
    assert isinstance(spec, FixedQ)
    compared = 0
    for x in NUMBERS:
        grid = ask('format', type=type_, x=x)['modes']
        for row, rounding in zip(grid['rows'], FORMULAS, strict=True):
            for cell, overflow in zip(row['cells'], OVERFLOWS, strict=True):
                if (overflow == 'WRAP_SM' and not spec.signed) or (overflow == 'SAT_SYM' and type_ == 'ap_fixed<1,1>'):
                    assert cell is None
                    continue
                bits = spec.saturation_bits if overflow.startswith('WRAP') else 0
                fields = (spec.width, spec.integer, spec.signed, rounding, overflow, bits)
                assert parse_type(cell['type']) == FixedQ(*fields)
                assert int(cell['code']) == reference.fixed_code(read_number(x), *fields), (x, fields)
                compared += 1
    assert compared >= 4 * 7 * len(NUMBERS)


def test_modes_stay_in_the_dialect_and_name_what_is_refused() -> None:
    def types(type_: str) -> list[str]:
        return [cell['type'] for cell in ask('format', type=type_)['modes']['rows'][0]['cells'][1::3]]

    assert types('AC_FIXED<8,3>') == ['ac_fixed<8, 3, true, AC_TRN, AC_SAT>', 'ap_fixed<8, 3, AP_TRN, AP_WRAP_SM>']
    assert types('fixed<8,3>')[0] == 'fixed<8,3,TRN,SAT>'
    assert types('ap_int<8>')[0] == 'ap_fixed<8, 8, AP_TRN, AP_SAT>'
    grid = ask('format', type='ap_ufixed<8,3>', x='1')['modes']
    assert grid['refused'] == ["WRAP_SM: 'overflow' WRAP_SM must go with a signed format: signed=False"]


def test_a_decimal_that_is_no_float64_is_said() -> None:
    # 2^-40 as Python and C++ print it: as a decimal it is a little below
    note = ask('format', type='ap_fixed<8,-32>', x='9.094947017729282e-13')['modes']['note']
    assert '0x1.0000000000000p-40, which a C++ literal is, makes another value under TRN, TRN_ZERO.' in note
    assert ask('format', type='ap_fixed<8,3>', x='0.1')['modes']['note'].endswith('makes the same in every mode.')
    assert ask('format', type='ap_fixed<8,3>', x='0.5')['modes']['note'] == ''


SMALL = [
    FixedQ(5, 2),
    FixedQ(4, 6, False),
    FixedQ(6, 3, True, 'RND', 'SAT_SYM'),
    TernaryQ(),
    BinaryQ(),
    MinifloatQ(2, 3),
    MinifloatQ(0, 1, 5),
]


@pytest.mark.parametrize('spec', SMALL, ids=repr)
def test_values_are_all_values_in_order(spec: Any) -> None:
    codes = [spec.codec.code_at(rank) for rank in range(spec.codec.count)]
    assert spec.decode(codes).tolist() == spec.values().tolist()
    assert [spec.codec.rank_of(code) for code in codes] == list(range(spec.codec.count))
    rows = page(spec, 0, None, 'binary')['rows']
    assert [float(row['value']) for row in rows] == spec.values().tolist()[:64]
    assert [''.join(digits for _, digits in row['bits']) for row in rows] == spec.to_bin(spec.values()).tolist()[:64]
    assert [code for code in codes if exact_code(spec, Fraction(spec.decode([code])[0])) != code] == []


def test_pages() -> None:
    first = ask('values', type='ap_fixed<8,3>')
    assert (first['shown'], len(first['rows']), first['starts']) == (
        '1 to 64 of 256',
        64,
        {'next': hex(64), 'last': hex(192)},
    )
    there = ask('values', type='ap_fixed<8,3>', x='-1')
    assert (there['shown'], [row['value'] for row in there['rows'] if row['here']]) == ('65 to 128 of 256', ['-1'])
    away = ask('values', type='ap_fixed<8,3>', x='-1', start='0xc0')
    assert (away['rows'][-1]['value'], away['starts']['here'], 'next' in away['starts']) == ('3.96875', hex(64), False)
    assert ask('values', type='ap_fixed<8,3>', start=hex(1 << 4000))['shown'] == '193 to 256 of 256'
    last = ask('values', type='ap_minifloat<52,11>', start=hex(1 << 70))
    assert last['rows'][-1]['value'] == decimal(MinifloatQ(52, 11).max)
    wide = ask('values', type='ap_fixed<4096,2048,AP_RND,AP_SAT_SYM>')
    assert (wide['shown'], wide['rows'][0]['code']) == ('8 of 2^4096 - 1', f'0x8{"0" * 1022}1')


def test_the_curve_is_the_format() -> None:
    spec = FixedQ(3, 3, True, 'RND', 'WRAP')
    window = whole([spec])
    found = curves([spec], Fraction(1), window)
    low, high = Fraction(-4) - Fraction(7, 4), Fraction(3) + Fraction(7, 4)
    assert window == (low, high)
    ends = [(-4 - Fraction(7, 16)), 3 + Fraction(7, 16)]
    (line,) = found['lines']
    assert [part[1] for part in line[:-1]] == [part[0] for part in line[1:]]
    for start, end, y, last in line:
        middle = low + (high - low) * (Fraction(start) + Fraction(end)) / 2
        assert y == last == pytest.approx(float((int(spec(float(middle))) - ends[0]) / (ends[1] - ends[0])), abs=1e-6)
    edges = [low + (high - low) * Fraction(part[0]) for part in line[1:]]
    assert [float(edge) for edge in edges] == pytest.approx(
        np.arange(-5.5, 5).tolist(), abs=float((high - low) / SAMPLES / 2)
    )
    assert len(line) == 12  # the eight values, and what wraps: two to each side
    assert found['points'][0][0] == pytest.approx(float((1 - low) / (high - low)), abs=1e-6)
    assert found['ranges'] == [(pytest.approx(1.75 / 10.5, abs=1e-6), pytest.approx(8.75 / 10.5, abs=1e-6))]
    assert ('0' in [label for _, label in found['x']['ticks']], SAMPLES) == (True, 1024)


def test_the_error_and_the_difference() -> None:
    found = ask('curve', a='ap_fixed<4,4,AP_RND,AP_SAT>', b='ap_fixed<4,4,AP_TRN,AP_SAT>', x='2.75')
    error, difference = found['error'], found['difference']
    # at most half a step and a step inside the range, a quarter more than which is shown
    window = [label for _, label in error['y']['ticks']]
    assert (window[0], window[-1]) == ('-1.2', '0.8') or float(window[0]) >= -1.25
    for teeth, edge in zip(error['lines'], ('nearest', 'down'), strict=True):
        inside = [part for part in teeth if error['ranges'][0][0] < part[0] and part[1] < error['ranges'][0][1]]
        assert all(first > last for _, _, first, last in inside), edge  # from above the number to below it
    assert len({y for _, _, y, _ in difference['lines'][0]}) == 2  # as RND or one step below it
    # 2.75 becomes 3 and 2
    at = [(point[1] - error['zero']) for point in error['points']]
    assert at[1] / at[0] == pytest.approx(-3, abs=1e-4)
    assert 'difference' not in ask('curve', a='ap_int<4>')


def test_the_curve_around_a_number() -> None:
    found = ask('curve', a='ap_fixed<8,3>', b='ap_minifloat<3,2,1>', x='0.1')['near']
    fine, coarse = found['lines']
    assert len(coarse) == 9  # four steps of the coarser one to each side, the outer ones halved
    assert len(fine) > 30
    assert [label for _, label in found['x']['ticks']] == ['-0.2', '0', '0.2', '0.4', '0.6']
    assert ask('curve', a='ap_fixed<8,3>', x='1e5000')['main']['points'] == [None]
    assert ask('curve', a='ap_int<2>')['near'] is None  # of four values all steps are seen


def test_a_window_is_kept_zoomed_and_moved() -> None:
    whole_range = ask('curve', a='ap_fixed<8,3>')
    assert whole_range['window'] == ['-0x1.7f8p+2', '0x1.7e8p+2'] or len(whole_range['window']) == 2
    low, high = (read_number(end) for end in whole_range['window'])
    zoomed_in = ask('curve', a='ap_fixed<8,3>', zoom='in', at='0.25')
    ends = [read_number(end) for end in zoomed_in['window']]
    at = [low + (high - low) / 4, ends[0] + (ends[1] - ends[0]) / 4]
    assert float(at[1] - at[0]) == pytest.approx(0, abs=float(high - low) / 1000)
    assert float((ends[1] - ends[0]) / (high - low)) == pytest.approx(0.75, rel=1e-3)
    moved = ask('curve', a='ap_fixed<8,3>', low='0', high='1', pan='0.5')
    assert [read_number(end) for end in moved['window']] == [Fraction(1, 2), Fraction(3, 2)]
    wrong = ask('curve', a='ap_fixed<8,3>', low='1', high='0')
    assert wrong['errors'] == {'window': 'the ends of a window must be two numbers, the lower one first'}
    assert wrong['window'] == whole_range['window']
    third = ask('curve', a='ap_fixed<8,3>', low='1/3', high='inf')
    assert 'window' in third['errors']
    thirds = ask('curve', a='ap_fixed<8,3>', low='1/3', high='2/3')['window']
    assert [float(read_number(end)) for end in thirds] == pytest.approx([1 / 3, 2 / 3], abs=1e-3)  # in a few bits
    assert ask('curve', a='ap_fixed<8,3>', low=thirds[0], high=thirds[1])['window'] == thirds


def test_zooming_ends() -> None:
    spec = FixedQ(8, 3)
    window = whole([spec])
    for _ in range(60):
        window = zoomed([spec], window, Fraction(1, 2), Fraction(3, 4))
    assert float(window.span) == pytest.approx(float(spec.eps), rel=1e-3)
    for _ in range(80):
        window = zoomed([spec], window, Fraction(1, 2), Fraction(5, 4))
    assert float(window.span) == pytest.approx(64 * float(whole([spec]).span), rel=1e-3)


def test_a_point_of_the_curve() -> None:
    found = ask('point', a='ap_fixed<8,3,AP_RND,AP_SAT>', b='ap_minifloat<1,2,1>', low='0', high='4', at='0.825')
    assert found == {
        'errors': {},
        'x': '3.3',
        'found': [
            {'value': '3.3125', 'code': '01101010', 'below': '3.28125', 'above': '3.34375'},
            {'value': '3', 'code': '0101', 'below': '2', 'above': '4'},
        ],
    }
    end = ask('point', a='ap_fixed<8,3,AP_RND,AP_SAT>', low='0', high='100', at='1', base='hex')['found'][0]
    assert end == {'value': '3.96875', 'code': '0x7f', 'below': '3.9375'}
    far = ask('point', a='ap_fixed<4096,4096>', at='0.31415')
    assert -(2**4096) < read_number(far['x']) < 0  # as it is written it is read


@pytest.mark.parametrize(
    ('low', 'high', 'labels', 'offset'),
    [
        ('0', '1', ['0', '0.2', '0.4', '0.6', '0.8', '1'], ''),
        ('1000', '1000.5', ['1000', '1000.1', '1000.2', '1000.3', '1000.4', '1000.5'], ''),
        ('10000', '10000.5', ['0', '0.1', '0.2', '0.3', '0.4', '0.5'], '+ 10000'),
        ('-123456.5', '-123456', ['0', '0.1', '0.2', '0.3', '0.4', '0.5'], '- 123456.5'),
        ('-3e9', '3e9', ['-3e9', '-2e9', '-1e9', '0', '1e9', '2e9', '3e9'], ''),
        ('0', '2e-7', ['0', '5e-8', '1e-7', '1.5e-7', '2e-7'], ''),
    ],
)
def test_ticks_have_five_digits_at_most(low: str, high: str, labels: list[str], offset: str) -> None:
    found = axis(Window(Fraction(low), Fraction(high)))
    assert ([label for _, label in found.ticks], found.offset) == (labels, offset)


def test_every_label_is_short() -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        centre = Fraction(float(rng.normal() * 10.0 ** rng.integers(-30, 30)))
        span = Fraction(float(10.0 ** rng.uniform(-40, 30)))
        found = axis(Window(centre, centre + span))
        assert 3 <= len(found.ticks) <= 9
        assert all(sum(map(str.isdigit, label.partition('e')[0])) <= 5 for _, label in found.ticks), found


# what one turns


def test_controls_turn_each_field() -> None:
    def controls(type_: str) -> dict[str, dict[str, Any]]:
        return {each['name']: each for each in ask('format', type=type_)['controls']}

    fixed = controls('ac_fixed<8,3,true,AC_RND,AC_SAT>')
    assert list(fixed) == ['width', 'integer', 'signed']  # saturation bits are for formats that wrap
    assert (fixed['width']['up'], fixed['width']['low'], fixed['width']['high']) == (
        'ac_fixed<9, 3, true, AC_RND, AC_SAT>',
        1,
        32,
    )
    assert fixed['signed'] == {'name': 'signed', 'on': True, 'other': 'ac_fixed<8, 3, false, AC_RND, AC_SAT>'}
    assert controls('ap_fixed<1,1>')['width']['down'] is None
    assert (
        controls('ap_fixed<8,3,AP_TRN,AP_WRAP_SM,2>')['saturation_bits']['down']
        == 'ap_fixed<8, 3, AP_TRN, AP_WRAP_SM, 1>'
    )
    assert 'signed' not in controls('ap_fixed<8,3,AP_TRN,AP_WRAP_SM>')
    assert controls('ap_fixed<64,3>')['width']['high'] == 64
    assert list(controls('ap_minifloat<1,2,1>')) == ['mantissa_bits', 'exponent_bits', 'exponent_zero']
    assert controls('ap_binary') == {}
    assert ask('change', type='fixed<8,3>', field='integer', value='-2') == {'errors': {}, 'type': 'fixed<8,-2>'}
    assert (
        "'width' must be an integer from 1 to 4096: 0"
        in ask('change', type='ap_int<8>', field='width', value='0')['errors']['type']
    )


def test_presets_are_of_all_kinds_and_words_are_explained() -> None:
    start = ask('start')
    assert [each['kind'] for each in start['presets']] == ['fixed', 'minifloat', 'float', 'binary', 'ternary']
    for preset in [each for kind in start['presets'] for each in kind['formats']]:
        assert ask('format', type=preset['type'])['errors'] == {}, preset
    assert start['terms'] == TERMS
    assert not {*ROUNDINGS, *OVERFLOWS} - set(TERMS)


@pytest.mark.parametrize(
    ('type_', 'x', 'advice'),
    [
        ('ap_fixed<8,3,AP_RND,AP_SAT>', '3.25', [('Exact with 5 bits:', 'ap_fixed<5, 3, AP_RND, AP_SAT>')]),
        ('ap_ufixed<4,2,AP_RND,AP_SAT>', '3.25', []),
        (
            'ap_fixed<8,3>',
            '100',
            [('Nearer with 8 bits:', 'ap_fixed<8, 8>'), ('Exact with 6 bits:', 'ap_fixed<6, 8>')],
        ),
        (
            'ap_fixed<8,3>',
            '-4.125',
            [('Nearer with 8 bits:', 'ap_fixed<8, 4>'), ('Exact with 7 bits:', 'ap_fixed<7, 4>')],
        ),
        ('ap_fixed<8,3>', '-4', [('Exact with 1 bit:', 'ap_fixed<1, 3>')]),
        ('ap_fixed<8,2,AP_RND,AP_SAT>', '3.3', [('Nearer with 8 bits:', 'ap_fixed<8, 3, AP_RND, AP_SAT>')]),
        ('ap_fixed<8,3,AP_RND,AP_SAT>', '3.3', [('No fixed point of 8 bits is nearer.', None)]),
        ('ap_ufixed<8,3>', '-1', []),  # which no unsigned format holds
        (
            'ap_minifloat<1,2,1>',
            '5',
            [
                ('Nearer with 4 bits:', 'ap_fixed<4, 4, AP_RND, AP_SAT>'),
                ('Exact with 4 bits:', 'ap_fixed<4, 4, AP_RND, AP_SAT>'),
            ],
        ),
        ('ap_fixed<8,3>', 'inf', []),
        ('ap_fixed<8,3>', '0', []),
        ('ap_fixed<65,3>', '1/3', []),
        ('ap_fixed<8,4096,AP_RND,AP_SAT>', '0x1p4096', []),  # beyond all formats
    ],
)
def test_advice(type_: str, x: str, advice: list[tuple[str, str | None]]) -> None:
    wanted = [{'says': says} | ({'type': other} if other else {}) for says, other in advice]
    assert ask('format', type=type_, x=x)['result']['advice'] == wanted


# the user's numbers


def test_a_file_over_the_bits_of_a_format(tmp_path: Path) -> None:
    x = np.array([0.001, 0.3, -0.7, 3.9, 5.0, 0.0])
    np.savez(tmp_path / 'w.npz', dense=x, other=np.ones(3))
    data = read_file(tmp_path / 'w.npz')
    assert data.listed == [
        {'name': 'dense', 'shown': 'dense', 'count': '6'},
        {'name': 'other', 'shown': 'other', 'count': '3'},
    ]
    found = answer('/api/histogram', urlencode({'type': 'ap_fixed<8,3,AP_RND,AP_SAT>', 'tensor': 'dense'}), data)
    assert found is not None
    assert (found['count'], found['saturated'], found['flushed']) == ('6', '16.67 %', '16.67 %')
    bars = {found['low'] + n: bar for n, bar in enumerate(found['bars']) if any(bar)}
    assert {n: [kind for kind, share in enumerate(bar) if share] for n, bar in bars.items()} == {
        -10: [1],
        -2: [0],
        -1: [0],
        1: [0],
        2: [2],
    }
    assert found['format'] == [-5, 1]
    best = choose(x, width=8)['x'].chosen
    assert found['proposal'] == {'type': best.spec.label, 'sqnr': f'{best.sqnr:.1f} dB', 'own': False}
    same = answer('/api/histogram', urlencode({'type': best.spec.label, 'tensor': 'dense'}), data)
    assert same is not None
    assert same['proposal']['own'] is True
    gone = answer('/api/histogram', urlencode({'type': 'ap_int<8>', 'tensor': 'x'}), data)
    assert gone == {'errors': {'tensor': 'drop the file again: the page has no array of this name'}}


WIDE = [
    'ap_fixed<4096,0>',
    'ap_ufixed<4096,-4096,AP_RND_CONV,AP_SAT>',
    'ap_fixed<4096,4096,AP_RND,AP_WRAP_SM,3>',
    'ap_fixed<1,4096>',
    'ap_minifloat<52,11,4096>',
    'ap_minifloat<0,1,-4096>',
]


@pytest.mark.timeout(60)  # and no other test of time: what is not bounded takes hours
@pytest.mark.parametrize('type_', WIDE)
def test_the_work_for_the_widest_formats_is_bounded(type_: str) -> None:
    spec = parse_type(type_)
    for x in ('1/3', '-1e5000', '0x1p-20000', LONG_FRACTION, 'nan'):
        answers = [
            ask('format', type=type_, x=x),
            ask('values', type=type_, x=x),
            ask('curve', a=type_, b='ap_minifloat<3,4>', x=x),
            ask('curve', a='ap_fixed<8,3>', b=type_, x=x),
        ]
        for found in answers:
            text = json.dumps(found, allow_nan=False)
            assert len(text) < 400_000
            assert found['errors'] == {}
        charts = [answers[2][name] for name in ('main', 'error', 'difference', 'near') if answers[2][name]]
        assert max(len(chart[side]['ticks']) for chart in charts for side in 'xy') <= 10
        number = read_number(x)
        if isinstance(number, Fraction) and isinstance(spec, FixedQ):
            fields = (spec.width, spec.integer, spec.signed, spec.rounding, spec.overflow, spec.saturation_bits)
            assert outcome(spec, number).code == reference.fixed_code(number, *fields)


@pytest.mark.parametrize('type_', ['ap_fixed<4096,2048>', 'ap_ufixed<2048,2>'])
def test_numbers_farther_away_than_floats_can_say(type_: str) -> None:
    x = '0x1p20000/1e-5000'
    assert ask('format', type=type_, x=x)['result']['error'] == '≈-3.98027684e+11020'
    found = ask('curve', a=type_, x=x)
    low, high = found['near']['identity']
    assert abs(low) == abs(high) > 1000
    assert found['main']['points'] == [None]


# errors


def test_the_messages_are_those_of_the_library() -> None:
    bad = '<img src=x onerror=alert(1)>'
    with pytest.raises(ValueError, match='not a type') as error:
        parse_type(bad)
    assert ask('format', type=bad, x='1') == {'errors': {'type': str(error.value)}}
    assert ask('values', type=bad) == {'errors': {'type': str(error.value)}}
    assert ask('curve', a='ap_fixed<8,3>', b=bad) == {'errors': {'b': str(error.value)}}
    assert "'width' must be an integer from 1 to 4096: 0" in ask('format', type='ap_int<0>')['errors']['type']
    partly = ask('format', type='ap_int<8>', x='zero')
    assert partly['errors']['x'].startswith("not a number: 'zero'")
    assert (partly['type'], partly['result']) == ('ap_fixed<8, 8>', None)
    for what, fields in {'change': {'field': 'width', 'value': '1'}, 'histogram': {'tensor': 'x'}}.items():
        assert ask(what, type=bad, **fields) == {'errors': {'type': str(error.value)}}
    assert ask('point', a=bad, at='0.5') == {'errors': {'a': str(error.value)}}


@pytest.mark.parametrize(
    ('path', 'query', 'message'),
    [
        ('format', '', "a field is missing or unknown: 'type'"),
        ('format', 'x=1', "a field is missing or unknown: 'type'"),
        ('format', 'type=ap_int<8>&z=1', "a field is missing or unknown: 'z'"),
        ('format', 'type=a&type=b', 'a field is given twice'),
        ('format', 'type', 'the query is not of fields in UTF-8'),
        ('format', 'type=%ff', 'the query is not of fields in UTF-8'),
        ('format', '&'.join(f'a{n}=1' for n in range(9)), 'the query is not of fields in UTF-8'),
        ('format', f'type={"a" * 257}', "'type' must have at most 256 characters: 257"),
        ('format', f'type=a&x={"1" * 4097}', "'x' must have at most 4096 characters: 4097"),
        ('values', 'type=ap_int<8>&start=5', "'start' must be a hexadecimal rank: '5'"),
        ('curve', 'a=ap_int<8>&zoom=up', "'zoom' must be in or out: 'up'"),
        ('point', 'a=ap_int<8>&at=1e9', "'at' must be a part of the window, such as 0.5: '1e9'"),
        ('curve', 'a=ap_int<8>&pan=x', "'pan' must be a part of the window, such as 0.5: 'x'"),
        ('format', 'type=ap_int<8>&base=7', "'base' must be one of binary, decimal, hex: '7'"),
        ('change', 'type=ap_int<8>&field=kind&value=1', "no field of this type is turned: 'kind'"),
        ('change', 'type=ap_int<8>&field=rounding&value=1', "no field of this type is turned: 'rounding'"),
        ('change', 'type=ap_int<8>&field=width&value=x', "'value' must be an integer: 'x'"),
    ],
)
def test_a_query_that_the_page_never_makes(path: str, query: str, message: str) -> None:
    with pytest.raises(BadQuery) as error:
        answer(f'/api/{path}', query, Data())
    assert str(error.value) == message


def test_warnings_are_caught_for_one_answer_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    facts, inside, most = properties.facts, [], []

    def slow(spec: Any) -> Iterator[tuple[str, str]]:
        inside.append(spec)
        most.append(len(inside))
        time.sleep(0.02)
        yield from facts(spec)
        inside.pop()

    monkeypatch.setattr(properties, 'facts', slow)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: ask('format', type=f'ap_int<{n}>'), range(1, 5)))
    assert most == [1] * 4
