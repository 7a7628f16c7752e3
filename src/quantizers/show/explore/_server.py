"""The page and its JSON interface on 127.0.0.1, by the standard library's server."""

from __future__ import annotations

import errno
import json
import re
import socketserver
import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from socket import SHUT_RDWR, socket
from time import monotonic
from typing import Any
from urllib.parse import unquote

from ._answers import answer
from ._data import MAX_BYTES, Data, read_file, read_upload
from ._query import BadQuery

HOST = '127.0.0.1'
_TYPES = {'html': 'text/html', 'css': 'text/css', 'js': 'text/javascript', 'svg': 'image/svg+xml'}
_FOLDER = Path(__file__).parent
# what there is, by its path: nothing in a request becomes the name of a file
_MODULES = 'page', 'elements', 'controls', 'result', 'format', 'values', 'chart', 'charts', 'data'
_PARTS = 'page.css', 'icon.svg', *(f'{name}.js' for name in _MODULES)
_FILES = {'/': 'page.html', '/colours.css': '../colours.css'} | {f'/{name}': name for name in _PARTS}
_HEADERS = {
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
}
SILENCE = 30  # seconds that a connection may be silent
REQUEST = 60  # and those until a request is answered, from the end of the one before: a byte a second is no silence
CONNECTIONS = 64  # at a time, a thread each; a browser has six


class Server(ThreadingHTTPServer):
    """Serves the page on 127.0.0.1 alone, at a port; 0 is a free one.

    `path` is a file of numbers to show, of at most `max_size` bytes, or of 100 times those of the file.

    Raises OSError where the port is in use or not allowed, or the file cannot be read; ValueError for what is no such
    file.
    """

    daemon_threads = True
    allow_reuse_address = sys.platform != 'win32'  # there it would share a port that is in use
    allow_reuse_port = False

    def __init__(self, port: int = 0, path: Path | None = None, max_size: int | None = None) -> None:
        self.data = Data() if path is None else read_file(path, max_size)
        self._since: dict[socket, float] = {}  # of each connection, when its request began
        self._files = {path: (_FOLDER / name).read_bytes() for path, name in _FILES.items()}
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            used = f"'port' {port} is in use; choose another one, or 0 for a free one"
            raise OSError(used if error.errno == errno.EADDRINUSE else f"'port' {port}: {error.strerror}") from None

    def server_bind(self) -> None:
        """Bind, without asking the network for the machine's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    @property
    def url(self) -> str:
        """The page's address."""
        return f'http://{HOST}:{self.server_port}/'

    def reply(self, target: str) -> tuple[HTTPStatus, str, bytes]:
        """The status, the type of content and the content of a request's target."""
        path, _, query = target.partition('?')
        if path in self._files:
            return HTTPStatus.OK, _TYPES[_FILES[path].rpartition('.')[2]], self._files[path]
        try:
            found = answer(path, query, self.data)
        except BadQuery as error:
            return HTTPStatus.BAD_REQUEST, 'text/plain', str(error).encode()
        if found is None:
            return HTTPStatus.NOT_FOUND, 'text/plain', b'not found'
        # NaN is no JSON: numbers of formats are text
        return HTTPStatus.OK, 'application/json', json.dumps(found, ensure_ascii=False, allow_nan=False).encode()

    def take(self, target: str, stream: BufferedIOBase, size: int) -> tuple[HTTPStatus, str, bytes]:
        """Read a file of numbers that the page sends, and show it from now on."""
        name = unquote(target.partition('?')[2], errors='replace')
        try:
            self.data = read_upload(name, stream, size)
        except (ValueError, ImportError) as error:
            return HTTPStatus.BAD_REQUEST, 'text/plain', str(error).encode()
        return self.reply('/api/start')

    def process_request(self, request: Any, client_address: object) -> None:
        """Answer a connection in a thread of its own, or that there are too many."""
        if len(self._since) < CONNECTIONS:
            self.begin(request)
            super().process_request(request, client_address)
        else:
            with suppress(OSError):  # the client may be gone
                request.settimeout(0)  # the answer has room; what was asked is not waited for
                request.sendall(_too_many())
                request.recv(1 << 16)  # what is unread would have the answer thrown away
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self._since.pop(request, None)
        super().shutdown_request(request)

    def begin(self, connection: socket) -> None:
        """Let the time of a request begin."""
        self._since[connection] = monotonic()

    def service_actions(self) -> None:
        """End the connections whose request takes too long; called twice a second, and at each new connection."""
        for connection, since in list(self._since.items()):
            if monotonic() - since > REQUEST:
                with suppress(OSError):  # it may just have ended
                    connection.shutdown(SHUT_RDWR)

    def handle_error(self, request: Any, client_address: object) -> None:
        """A browser that goes away is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = 'HTTP/1.1'
    server_version, sys_version = 'quantizers', ''
    timeout = SILENCE

    def handle_one_request(self) -> None:
        self.server.begin(self.connection)
        super().handle_one_request()

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        # a page elsewhere whose name is made to lead here (DNS rebinding) sends its own name
        hosts, port = self.headers.get_all('Host', []), self.server.server_port
        allowed = {f'{name}:{port}' for name in (HOST, 'localhost')} | ({HOST, 'localhost'} if port == 80 else set())
        if len(hosts) != 1 or hosts[0].lower() not in allowed:
            return self._refuse(HTTPStatus.FORBIDDEN, f'this server is {self.server.url}')
        # a page elsewhere cannot read an answer, but could keep this machine at work; browsers say whose request it is
        if self.headers.get('Sec-Fetch-Site', 'none') not in ('none', 'same-origin') and self.path.startswith('/api/'):
            return self._refuse(HTTPStatus.FORBIDDEN, 'only the page itself is answered')
        if self.command not in ('GET', 'HEAD') and not self._sends_data():
            return self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, 'only GET and HEAD')
        return True

    def _sends_data(self) -> bool:
        return self.command == 'POST' and self.path.partition('?')[0] == '/api/data'

    def do_POST(self) -> None:
        # a form of a page elsewhere cannot send this type; a script there has to ask first, and is refused
        if self.headers.get('Content-Type') != 'application/octet-stream':
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, 'a file is sent as application/octet-stream')
            return
        length = self.headers.get('Content-Length', '')
        if not re.fullmatch('[0-9]{1,18}', length):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, 'the length of the file is missing')
            return
        if int(length) > MAX_BYTES:
            why = f'a file must have at most {MAX_BYTES >> 20} MiB; `quantizers choose` takes larger ones'
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)
            return
        self.close_connection = True
        self._answer(lambda: self.server.take(self.path, self.rfile, int(length)))

    def do_GET(self) -> None:
        has_body = 'Transfer-Encoding' in self.headers or self.headers.get('Content-Length', '0') != '0'
        self.close_connection = self.close_connection or has_body  # which is not read
        self._answer(lambda: self.server.reply(self.path))

    def _answer(self, make: Callable[[], tuple[HTTPStatus, str, bytes]]) -> None:
        try:
            reply = make()
        except Exception:  # the page says that something failed, and the terminal what
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, 'text/plain', b'quantizers explore failed: see its terminal')
            raise
        self._send(*reply)

    do_HEAD = do_GET  # noqa: N815

    def _refuse(self, status: HTTPStatus, why: str) -> bool:
        self.close_connection = True
        self._send(status, 'text/plain', why.encode())
        return False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the server itself refuses, as text: nothing of a request is sent back."""
        self.close_connection = True
        self._send(HTTPStatus(code), 'text/plain', HTTPStatus(code).phrase.encode())

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header('Allow', 'GET, HEAD')
        if self.close_connection:
            self.send_header('Connection', 'close')
        self.send_header('Content-Type', f'{kind}; charset=utf-8')
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """The terminal is the user's."""


def _too_many() -> bytes:
    status, why = HTTPStatus.SERVICE_UNAVAILABLE, f'no more than {CONNECTIONS} connections at a time'
    own = {'Connection': 'close', 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': str(len(why))}
    headers = [f'{name}: {value}' for name, value in (_HEADERS | own).items()]
    return '\r\n'.join([f'HTTP/1.1 {status.value} {status.phrase}', *headers, '', why]).encode()
