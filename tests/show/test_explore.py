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
from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ, parse_type
from quantizers._maths.rounding import FORMULAS
from quantizers.codes.exact import exact_code
from quantizers.modes import OVERFLOWS
from quantizers.show import facts as properties
from quantizers.show.explore._answers import BadQuery, answer
from quantizers.show.explore._curve import SAMPLES, curves
from quantizers.show.explore._number import decimal, hexadecimal, read_number
from quantizers.show.explore._result import outcome
from quantizers.show.explore._values import page

ROOT = Path(__file__).parents[2]
LONG_FRACTION = f'{"7" * 4000}/3'


def ask(what: str, **fields: str) -> dict[str, Any]:
    found = answer(f'/api/{what}', urlencode(fields))
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
        'code': '106',
        'hex': '6a',
        'exact': '0x1.a8p+1',
        'bits': [('sign', '0'), ('integer', '11'), ('fraction', '01010')],
        'kind': 'rounded',
        'error': '0.0125',
        'steps': '0.4',
    }


def test_other_formats() -> None:
    mini = ask('format', type='ap_float<1,2,1>', x='-0')
    assert (mini['modes'], mini['result']['value'], mini['result']['code']) == (None, '-0', '0x8')
    assert mini['result']['bits'] == [('sign', '1'), ('exponent', '00'), ('mantissa', '0')]
    assert mini['texts'][2]['refused'].startswith("the dialect 'ac' cannot say")
    assert ask('format', type='ap_binary', x='-3')['result']['bits'] == [('bits', '0')]
    coarse = ask('format', type='ap_fixed<4,8>', x='100')['result']
    assert (coarse['value'], coarse['bits'], coarse['kind']) == ('96', [('bits', '0110')], 'rounded')
    exact = ask('format', type='ap_fixed<8,3>', x='0x1p-2')['result']
    assert (exact['kind'], exact['error'], exact['value']) == ('exact', '0', '0.25')
    assert ask('format', type='ap_fixed<8,3>', x='4')['result']['kind'] == 'beyond the range'
    wide = ask('format', type='ap_fixed<65,3>', x='1')['result']
    assert ('bits' in wide, wide['hex']) == (False, f'{1 << 62:017x}')
    assert ask('format', type='ap_int<8>')['result'] is None
    differs = ask('format', type='ac_fixed<32,8,true,AC_RND,AC_SAT_ZERO>')['notes']
    assert differs == ['ac_fixed.h makes 0 of inputs below the smallest value that round back to it; the law keeps it']


def test_what_has_no_code_says_so() -> None:
    nan = ask('format', type='ap_fixed<8,3>', x='nan')['result']
    assert nan == {'value': 'NaN', 'refused': "'x' must have no NaN to be encoded: NaN has no code"}
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
        ('ap_float<1,2,1>', '6.9', 'rounded'),
        ('ap_float<1,2,1>', '-7', 'beyond the range'),
        ('ap_float<1,2,1>', '1e9', 'beyond the range'),
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
    rows = page(spec, 0, None)['rows']
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
    last = ask('values', type='ap_float<52,11>', start=hex(1 << 70))
    assert last['rows'][-1]['value'] == decimal(MinifloatQ(52, 11).max)
    wide = ask('values', type='ap_fixed<4096,2048,AP_RND,AP_SAT_SYM>')
    assert (wide['shown'], wide['rows'][0]['code']) == ('8 of 2^4096 - 1', str(1 - (1 << 4095)))


def test_the_curve_is_the_format() -> None:
    spec = FixedQ(3, 3, True, 'RND', 'WRAP')
    found = curves([spec], Fraction(1), 'range')
    (curve,) = found['curves']
    low, high = Fraction(-4) - Fraction(7, 4), Fraction(3) + Fraction(7, 4)
    ends = [(-4 - Fraction(7, 16)), 3 + Fraction(7, 16)]
    assert [run[1] for run in curve['runs'][:-1]] == [run[0] for run in curve['runs'][1:]]
    for start, end, y in curve['runs']:
        middle = low + (high - low) * (Fraction(start) + Fraction(end)) / 2
        assert y == pytest.approx(float((int(spec(float(middle))) - ends[0]) / (ends[1] - ends[0])), abs=1e-6)
    edges = [low + (high - low) * Fraction(run[0]) for run in curve['runs'][1:]]
    assert [float(edge) for edge in edges] == pytest.approx(
        np.arange(-5.5, 5).tolist(), abs=float((high - low) / SAMPLES / 2)
    )
    assert len(curve['runs']) == 12  # the eight values, and what wraps: two to each side
    assert found['curves'][0]['point'][0] == pytest.approx(float((1 - low) / (high - low)), abs=1e-6)
    assert ('0' in [label for _, label in found['x']], SAMPLES) == (True, 1024)


def test_the_curve_around_a_number() -> None:
    found = ask('curve', a='ap_fixed<8,3>', b='ap_float<3,2,1>', x='0.1', view='near')
    fine, coarse = found['curves']
    assert len(coarse['runs']) == 9  # four steps of the coarser one to each side, the outer ones halved
    assert len(fine['runs']) > 30
    assert [label for _, label in found['x']] == ['-0.25', '0', '0.25', '0.5']
    assert ask('curve', a='ap_fixed<8,3>', x='1e5000')['curves'][0]['point'] is None


WIDE = [
    'ap_fixed<4096,0>',
    'ap_ufixed<4096,-4096,AP_RND_CONV,AP_SAT>',
    'ap_fixed<4096,4096,AP_RND,AP_WRAP_SM,3>',
    'ap_fixed<1,4096>',
    'ap_float<52,11,4096>',
    'ap_float<0,1,-4096>',
]


@pytest.mark.timeout(60)  # and no other test of time: what is not bounded takes hours
@pytest.mark.parametrize('type_', WIDE)
def test_the_work_for_the_widest_formats_is_bounded(type_: str) -> None:
    spec = parse_type(type_)
    for x in ('1/3', '-1e5000', '0x1p-20000', LONG_FRACTION, 'nan'):
        answers = [
            ask('format', type=type_, x=x),
            ask('values', type=type_, x=x),
            ask('curve', a=type_, b='ap_float<3,4>', x=x, view='near'),
            ask('curve', a='ap_fixed<8,3>', b=type_, x=x),
        ]
        for found in answers:
            text = json.dumps(found, allow_nan=False)
            assert len(text) < 200_000
            assert found['errors'] == {}
        assert max(len(answers[2][axis]) for axis in 'xy') <= 10
        number = read_number(x)
        if isinstance(number, Fraction) and isinstance(spec, FixedQ):
            fields = (spec.width, spec.integer, spec.signed, spec.rounding, spec.overflow, spec.saturation_bits)
            assert outcome(spec, number).code == reference.fixed_code(number, *fields)


@pytest.mark.parametrize('type_', ['ap_fixed<4096,2048,AP_RND,AP_SAT>', 'ap_ufixed<2048,2>'])
def test_numbers_farther_away_than_floats_can_say(type_: str) -> None:
    x = '0x1p20000/1e-5000'
    assert ask('format', type=type_, x=x)['result']['error'] == '≈-3.98027684e+11020'
    found = ask('curve', a=type_, x=x, view='near')
    low, high = found['identity']
    assert abs(low) == abs(high) > 1000
    assert found['curves'][0]['point'] is None


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
        ('curve', 'a=ap_int<8>&view=up', "'view' must be range or near: 'up'"),
    ],
)
def test_a_query_that_the_page_never_makes(path: str, query: str, message: str) -> None:
    with pytest.raises(BadQuery) as error:
        answer(f'/api/{path}', query)
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
