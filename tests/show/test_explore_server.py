"""`quantizers explore`: the server that only this machine reaches, and the command that starts it."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlencode

import numpy as np
import pytest

from oracles.command import Run, refused
from quantizers import parse_type
from quantizers.show.explore import Server, _server

ROOT = Path(__file__).parents[2]

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
        ('/colours.css', 'text/css'),
        ('/page.js', 'text/javascript'),
        *((f'/{name}.js', 'text/javascript') for name in _server._MODULES),
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
    for path in server._files:
        if path == '/icon.svg':
            continue
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
    begin, begun = small.begin, []

    def counted(connection: socket.socket) -> None:
        begin(connection)
        begun.append(connection)

    def begun_are(number: int) -> None:
        """Wait for the threads of the server, which begin a request after the answer to the one before."""
        for _ in range(500):
            if len(begun) == number:
                return
            time.sleep(0.02)
        raise AssertionError(begun)

    monkeypatch.setattr(small, 'begin', counted)
    with connected(small) as slow, connected(small) as used:
        assert get(used, small) == 200
        begun_are(5)  # each connection, the request of each, and the next one of `used`
        slow.sendall(sent)
        # each of a byte, and never silent for long
        for now in range(1, _server.REQUEST + 1):  # noqa: B007  (the clock)
            slow.sendall(b'a')
        time.sleep(0.1)
        assert get(used, small) == 200  # the end of a request is the beginning of the next
        begun_are(6)
        slow.sendall(b'a')
        now = _server.REQUEST + 1
        assert ended(slow)
        assert get(used, small) == 200
        begun_are(7)
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


def test_a_failure_is_answered_and_seen_in_the_terminal(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    told = threading.Event()  # which comes after the answer

    def keep(*_: object) -> None:
        seen.append(sys.exc_info()[1])
        told.set()

    monkeypatch.setattr(server, 'handle_error', keep)
    monkeypatch.setattr(_server, 'answer', lambda path, query, data: 1 // 0)
    status, headers, body = request(server, '/api/format?type=ap_binary')
    assert (status, headers['content-type']) == (500, 'text/plain; charset=utf-8')
    assert body == b'quantizers explore failed: see its terminal'
    assert told.wait(60)
    assert [type(error) for error in seen] == [ZeroDivisionError]


# a file of numbers


def upload(server: Server, name: str, body: bytes, **headers: str) -> Reply:
    connection = http.client.HTTPConnection('127.0.0.1', server.server_port, timeout=20)
    given = {'Host': f'127.0.0.1:{server.server_port}', 'Content-Type': 'application/octet-stream'} | headers
    try:
        connection.request('POST', f'/api/data?{quote(name)}', body, given)
        response = connection.getresponse()
        return response.status, {key.lower(): value for key, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def test_a_file_that_the_page_sends_is_shown(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    body = npz(w=np.array([0.5, 4.0]), b=np.zeros(3))
    status, headers, answer = upload(server, '../../etc/w.npz', body)
    assert (status, headers['connection'], [each['name'] for each in json.loads(answer)['tensors']]) == (
        200,
        'close',
        ['w', 'b'],
    )
    found = json.loads(request(server, '/api/histogram?type=ap_fixed%3C8,3,AP_RND,AP_SAT%3E&tensor=w')[2])
    assert (found['count'], found['saturated']) == ('2', '50.00 %')
    assert json.loads(request(server, '/api/start')[2])['tensors'] == json.loads(answer)['tensors']
    assert upload(server, 'numbers.CSV', b'1, 2\n3')[0] == 200
    assert json.loads(request(server, '/api/start')[2])['tensors'] == [{'name': 'file', 'shown': 'file', 'count': '3'}]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ('name', 'body', 'message'),
    [
        ('w.pkl', b'x', "a file must be one of .npy, .npz, .safetensors, .csv, .txt: 'w.pkl'"),
        ('w.npz', b'no archive', "'w.npz': "),
        ('w.npy', b'', "'w.npy': "),
        ('w.csv', b'1, two', "'w.csv':1: not a number: 'two'"),
        ('w.txt', b'', "'w.txt': "),
        (f'{"w" * 200}.csv', b'?', f"'{'w' * 70}"),
    ],
)
def test_a_file_that_is_none_is_said_and_the_last_one_stays(
    server: Server, name: str, body: bytes, message: str
) -> None:
    assert upload(server, 'ok.csv', b'1 2 3')[0] == 200
    status, headers, said = upload(server, name, body)
    assert (status, headers['content-type']) == (400, 'text/plain; charset=utf-8')
    assert said.decode().startswith(message)
    assert '/tmp' not in said.decode()
    assert json.loads(request(server, '/api/start')[2])['tensors'][0]['count'] == '3'


def test_only_the_page_sends_files(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert upload(server, 'w.csv', b'1', **{'Content-Type': 'text/plain'})[0] == 415  # as a form could
    assert upload(server, 'w.csv', b'1', **{'Sec-Fetch-Site': 'cross-site'})[0] == 403
    assert upload(server, 'w.csv', b'1', Host='evil.example')[0] == 403
    monkeypatch.setattr(_server, 'MAX_BYTES', 4 << 20)
    large = upload(server, 'w.csv', b'', **{'Content-Length': str((4 << 20) + 1)})
    assert (large[0], large[2].decode().partition(';')[0]) == (413, 'a file must have at most 4 MiB')
    host = f'Host: 127.0.0.1:{server.server_port}\r\nContent-Type: application/octet-stream\r\n\r\n'.encode()
    assert raw(server, b'POST /api/data?w.csv HTTP/1.1\r\n' + host).startswith(b'HTTP/1.1 411 ')


# the command


def test_a_file_of_the_command(run: Run, tmp_path: Path) -> None:
    refused(run('explore', '--no-browser', tmp_path / 'none.npy'), f'{tmp_path}/none.npy: No such file or directory')
    (tmp_path / 'w.csv').write_text('x')
    refused(run('explore', '--no-browser', tmp_path / 'w.csv'), f"{tmp_path}/w.csv:1: not a number: 'x'")


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
    for name in (*_server._FILES.values(), '../network.css'):
        assert os.path.normpath(f'quantizers/show/explore/{name}') in names
