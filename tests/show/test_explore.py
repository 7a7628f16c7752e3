"""`quantizers explore`: the JSON interface without a socket, and the server that only this machine reaches."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import pytest

from oracles import reference
from oracles.command import Run, refused
from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ, parse_type
from quantizers._maths.rounding import FORMULAS
from quantizers.codes.exact import exact_code
from quantizers.modes import OVERFLOWS
from quantizers.show import facts as properties
from quantizers.show.explore import Server, _server
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


# the server

Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope='module')
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def request(server: Server, target: str, method: str = 'GET', **headers: str) -> Reply:
    connection = http.client.HTTPConnection('127.0.0.1', server.server_port, timeout=20)
    try:
        connection.request(method, target, headers={'Host': f'127.0.0.1:{server.server_port}'} | headers)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def raw(server: Server, request: bytes) -> bytes:
    """What the server answers to these bytes until it ends the connection."""
    with socket.create_connection(('127.0.0.1', server.server_port), timeout=20) as connection:
        connection.sendall(request)
        return b''.join(iter(lambda: connection.recv(1 << 16), b''))


def test_only_this_machine_is_listened_to(server: Server) -> None:
    assert server.socket.getsockname()[0] == '127.0.0.1'


@pytest.mark.parametrize(
    ('path', 'kind'),
    [
        ('/', 'text/html'),
        ('/page.css', 'text/css'),
        ('/page.js', 'text/javascript'),
        *((f'/{name}.js', 'text/javascript') for name in ('elements', 'format', 'values', 'plot')),
        ('/icon.svg', 'image/svg+xml'),
        (f'/api/format?{urlencode({"type": "ap_fixed<8,3>", "x": "1/3"})}', 'application/json'),
    ],
)
def test_what_is_served_with_which_headers(server: Server, path: str, kind: str) -> None:
    status, headers, body = request(server, path)
    assert (status, headers['content-type'], len(body)) == (
        200,
        f'{kind}; charset=utf-8',
        int(headers['content-length']),
    )
    assert headers['x-content-type-options'] == 'nosniff'
    policy = headers['content-security-policy'].split('; ')
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert 'unsafe' not in headers['content-security-policy']
    assert 'access-control-allow-origin' not in headers
    privacy = [headers[name] for name in ('cross-origin-resource-policy', 'referrer-policy', 'cache-control')]
    assert privacy == ['same-origin', 'no-referrer', 'no-store']
    head = request(server, path, 'HEAD')[1]
    assert head == headers | {'date': head['date']}
    sent = f'HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\nConnection: close\r\n\r\n'
    assert raw(server, sent.encode()).partition(b'\r\n\r\n')[2] == b''


def test_the_page_needs_nothing_from_elsewhere(server: Server) -> None:
    for path in ('/', '/page.css', '/page.js', '/format.js'):
        text = re.sub(r'(^|\s)// .*|http://www.w3.org/2000/svg', '', request(server, path)[2].decode())
        assert '//' not in text, path
        assert not [word for word in ('innerHTML', 'insertAdjacentHTML', 'eval(', 'document.write') if word in text]


@pytest.mark.parametrize(
    'host', ['evil.example', 'evil.example:{port}', '127.0.0.1', 'localhost:1', '127.0.0.1:{port}.', '']
)
def test_another_host_is_refused(server: Server, host: str) -> None:
    status, headers, body = request(server, '/', Host=host.format(port=server.server_port))
    assert (status, body.decode()) == (403, f'this server is {server.url}')
    assert headers['content-security-policy']


def test_hosts_that_are_this_server(server: Server) -> None:
    assert request(server, '/', Host=f'LocalHost:{server.server_port}')[0] == 200
    twice = f'GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\nHost: evil.example\r\n\r\n'
    assert raw(server, twice.encode()).startswith(b'HTTP/1.1 403 ')
    assert raw(server, b'GET / HTTP/1.1\r\n\r\n').startswith(b'HTTP/1.1 403 ')


@pytest.mark.parametrize('site', ['cross-site', 'same-site', 'same-origin', 'none', ''])
def test_pages_elsewhere_get_no_answer(server: Server, site: str) -> None:
    headers = {'Sec-Fetch-Site': site} if site else {}
    allowed = site in ('same-origin', 'none', '')
    assert request(server, '/api/values?type=ap_int<8>', **headers)[0] == (200 if allowed else 403)
    assert request(server, '/', **headers)[0] == 200  # a link may lead to the page


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'BREW'])
def test_other_methods_are_refused(server: Server, method: str) -> None:
    status, headers, _ = request(server, '/api/format?type=ap_int<8>', method)
    assert (status, headers['allow'], headers['connection']) == (405, 'GET, HEAD', 'close')


@pytest.mark.parametrize(
    'path',
    [
        '/nothing',
        '/page.html',
        '/_server.py',
        '/../_server.py',
        '/%2e%2e/_server.py',
        '/..%2f..%2fcpp.py',
        '//etc/passwd',
        '/page.css/',
        '/page.css%00',
        '/api',
        '/api/',
        '/api/format/',
        'http://127.0.0.1/',
    ],
)
def test_other_paths_are_not_found(server: Server, path: str) -> None:
    assert request(server, path)[::2] == (404, b'not found')


def test_bad_queries_are_refused_as_text(server: Server) -> None:
    status, headers, body = request(server, '/api/format?type=%ff')
    assert (status, headers['content-type'], body) == (
        400,
        'text/plain; charset=utf-8',
        b'the query is not of fields in UTF-8',
    )
    host = f'Host: 127.0.0.1:{server.server_port}\r\n\r\n'.encode()
    assert raw(server, b'GET /api/format?type=\xff\xfe HTTP/1.0\r\n' + host).startswith(b'HTTP/1.1 200 ')  # as Latin-1
    assert raw(server, b'GET /' + b'a' * 70_000 + b' HTTP/1.1\r\n' + host).startswith(b'HTTP/1.1 414 ')
    assert raw(server, b'GET / <b> HTTP/9\r\n' + host) == b'Bad Request'  # of a version unknown: text alone


def test_a_connection_that_is_silent_ends(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < server.RequestHandlerClass.timeout <= 60
    monkeypatch.setattr(server.RequestHandlerClass, 'timeout', 0.1)
    assert raw(server, b'GET / HTTP/1.1\r\nHost: ') == b''


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of three connections, whose clock stands still."""
    monkeypatch.setattr(_server, 'CONNECTIONS', 3)
    monkeypatch.setattr(_server, 'monotonic', lambda: 0)
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def connected(server: Server) -> socket.socket:
    return socket.create_connection(('127.0.0.1', server.server_port), timeout=20)


def get(connection: socket.socket, server: Server, path: str = '/icon.svg') -> int:
    """The status of the answer to a request on a connection, which stays open."""
    connection.sendall(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\n\r\n'.encode())
    response = http.client.HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status


@pytest.mark.parametrize(
    'sent',
    [
        b'',
        b'GET / HT',
        b'GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Slow: ',
        b'GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 1000\r\n',
    ],
    ids=['nothing', 'line', 'header', 'body'],
)
def test_a_request_of_a_byte_a_second_ends(small: Server, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    sent = sent.replace(b'{port}', str(small.server_port).encode())
    now = 0.0
    monkeypatch.setattr(_server, 'monotonic', lambda: now)
    with connected(small) as slow, connected(small) as used:
        assert get(used, small) == 200
        slow.sendall(sent)
        # each of a byte, and never silent for long
        for now in range(1, _server.REQUEST + 1):  # noqa: B007  (the clock)
            slow.sendall(b'a')
        time.sleep(0.1)
        assert get(used, small) == 200  # the end of a request is the beginning of the next
        slow.sendall(b'a')
        now = _server.REQUEST + 1
        assert ended(slow)
        assert get(used, small) == 200
        now = 3 * _server.REQUEST
        assert ended(used)  # one that asks nothing any more


def ended(connection: socket.socket) -> bool:
    """Whether the other side ends the connection; nothing is said before."""
    try:
        return connection.recv(1) == b''
    except ConnectionError:
        return True


def test_an_answer_that_is_not_read_ends(small: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(_server, 'monotonic', lambda: now)
    small._files['/'] = b' ' * (1 << 26)  # more than the system keeps on its way
    with connected(small) as idle:
        idle.sendall(f'GET / HTTP/1.1\r\nHost: 127.0.0.1:{small.server_port}\r\n\r\n'.encode())
        assert idle.recv(1) == b'H'
        now = _server.REQUEST + 1
        for _ in range(500):
            if not small._since:
                break
            time.sleep(0.02)
        assert not small._since


def test_connections_beyond_the_most_are_refused(small: Server) -> None:
    before = threading.active_count()
    held = [connected(small) for _ in range(3)]
    try:
        for connection in held:
            assert get(connection, small) == 200
        for _ in range(5):
            headers, _, body = raw(small, b'').partition(b'\r\n\r\n')
            assert headers.startswith(b'HTTP/1.1 503 Service Unavailable\r\n')
            assert body == b'no more than 3 connections at a time'
            assert b'\r\nConnection: close\r\n' in headers
            assert b'\r\nX-Content-Type-Options: nosniff\r\n' in headers
        assert threading.active_count() == before + 3
        for connection in held:
            assert get(connection, small) == 200  # those that are open are served
        held.pop().close()
        for _ in range(500):
            if len(small._since) < 3:
                break
            time.sleep(0.02)
        assert request(small, '/')[0] == 200
    finally:
        for connection in held:
            connection.close()


def test_a_body_is_never_read_as_a_request(server: Server) -> None:
    host = f'Host: 127.0.0.1:{server.server_port}\r\n'.encode()
    hidden = b'GET /icon.svg HTTP/1.1\r\n' + host + b'\r\n'
    sent = b'GET /nothing HTTP/1.1\r\n' + host + b'Content-Length: %d\r\n\r\n' % len(hidden) + hidden
    assert raw(server, sent).count(b'HTTP/1.1 ') == 1


def test_text_comes_back_as_it_was(server: Server) -> None:
    bad = '"><script>é\N{GRINNING FACE}\u2028'
    _, _, body = request(server, f'/api/format?type={quote(bad)}')
    with pytest.raises(ValueError, match='not a type') as error:
        parse_type(bad)
    assert json.loads(body) == {'errors': {'type': str(error.value)}}


def test_requests_at_the_same_time_have_their_own_answers(server: Server) -> None:
    def width(n: int) -> tuple[int, int]:
        query = urlencode({'type': f'ac_fixed<{n},8,true,AC_RND,AC_SAT_ZERO>', 'x': 'nan' if n % 3 else '0.1'})
        status, _, body = request(server, f'/api/format?{query}')
        assert b'NaN' not in body.replace(b'"NaN"', b'').replace(b'no NaN to be encoded: NaN has no code', b'')
        found = json.loads(body, parse_constant=pytest.fail)
        assert bool(found['notes']) == (n % 32 == 0)
        return status, int(dict(found['facts'])['bits'])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns as often as can be
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(width, range(16, 1040, 16))) == [(200, n) for n in range(16, 1040, 16)]
    finally:
        sys.setswitchinterval(interval)


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


def test_a_failure_is_answered_and_seen_in_the_terminal(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(server, 'handle_error', lambda *_: seen.append(sys.exc_info()[1]))
    monkeypatch.setattr(_server, 'answer', lambda path, query: 1 // 0)
    status, headers, body = request(server, '/api/format?type=ap_binary')
    assert (status, headers['content-type']) == (500, 'text/plain; charset=utf-8')
    assert body == b'quantizers explore failed: see its terminal'
    assert [type(error) for error in seen] == [ZeroDivisionError]


# the command


def test_a_port_in_use_is_said(server: Server, run: Run) -> None:
    port = server.server_port
    result = run('explore', '--no-browser', '--port', port)
    refused(result, f"'port' {port} is in use; choose another one, or 0 for a free one")
    assert run('explore', '--port', '65536')[0] == 2


@pytest.mark.parametrize('browser', [True, False])
def test_ctrl_c_ends_it_cleanly(browser: bool, tmp_path: Path) -> None:
    program = tmp_path / 'browser'
    program.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened.part\nmv {tmp_path}/opened.part {tmp_path}/opened\n')
    program.chmod(0o755)
    # whoever runs the tests in the background ignores Ctrl-C for all that they start
    heard = 'import signal; signal.signal(signal.SIGINT, signal.default_int_handler); '
    arguments = ['explore', *([] if browser else ['--no-browser'])]
    command = [sys.executable, '-c', f'{heard}from quantizers.cli import main; raise SystemExit(main({arguments}))']
    env = os.environ | {'BROWSER': str(program)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            url = line.split()[0]
            connection = http.client.HTTPConnection(url.removeprefix('http://').rstrip('/'), timeout=20)
            connection.request('GET', '/')
            assert connection.getresponse().status == 200
            connection.close()
            while browser and not (tmp_path / 'opened').exists():
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, line, out, err) == (0, f'{url} (Ctrl-C ends)\n', '\n', '')
    assert (tmp_path / 'opened').exists() == browser
    assert not browser or (tmp_path / 'opened').read_text() == f'{url}\n'


def test_the_wheel_has_the_page(tmp_path: Path) -> None:
    build = f'from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))'
    subprocess.run([sys.executable, '-c', build], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob('*.whl')
    names = zipfile.ZipFile(wheel).namelist()
    for name in _server._FILES.values():
        assert f'quantizers/show/explore/{name}' in names
