"""Servers that do what no server should, on free ports of this machine; each ends with its `with` block."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import socketserver
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import count, repeat
from pathlib import Path

import brotli
import trustme

BOMB = 30_000_000  # bytes that a bomb decodes to: more than the client takes, less than the browser minds
ENOUGH = 400  # pieces of a flood, by which every bound is reached
ENDLESS = 600  # seconds of dripping, after which the test has long failed

# every way to be more than text where a report shows text; the control characters also as C1 and bidirectional ones
MARKUP = "<img src=x onerror=\"document.documentElement.dataset.pwned='1'\"><b id=pwned></b></script>'\"]]>"
CONTROLS = "\x1b[2J\x1b]0;pwned\x07\x08\r\x9b31m\u202e"

HTML = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Sound</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
</head>
<body><main><h1>Sound</h1></main></body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, and where the answer goes: any bytes at all."""

    method: str
    path: str
    wire: socket.socket

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.wire.sendall(piece)


Speak = Callable[[Request], None]


@contextlib.contextmanager
def serving(speak: Speak, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Answer every request with `speak`, which may do as it likes; gives the server's origin."""

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            # clients that hang up are what hostile servers must expect
            with contextlib.suppress(OSError, ValueError):
                wire = tls.wrap_socket(self.request, server_side=True) if tls else self.request
                with wire:
                    method, path, *_ = _head(wire).split(b" ", 2)
                    speak(Request(method.decode("latin-1"), path.decode("latin-1"), wire))
                    wire.shutdown(socket.SHUT_WR)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False  # who drips or is silent would hold up the end
        request_queue_size = 100

    with Server(("127.0.0.1", 0), Connection) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """A port of this machine on which nothing listens, and which nobody else is given meanwhile."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{kept.getsockname()[1]}"


def _head(wire: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 65_536:
        if not (piece := wire.recv(65_536)):
            raise ValueError("no request")
        head += piece
    return head


def answer(
    body: bytes = b"", *fields: str, status: str = "200 OK", media_type: str = "text/html; charset=utf-8"
) -> bytes:
    """A whole answer; field lines are sent as they are, in UTF-8."""
    lines = (f"content-length: {len(body)}", f"content-type: {media_type}", "connection: close", *fields)
    return f"HTTP/1.1 {status}\r\n".encode() + "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


def says(*pieces: bytes) -> Speak:
    """The same to everybody."""
    return lambda request: request.send(*pieces)


# silence, noise, and ends that come too soon


def silent(request: Request) -> None:
    time.sleep(ENDLESS)


garbage = says(b"\x00\xff\x1b[2J<b id=pwned> this is not HTTP \r\n\r\n")


def reset(request: Request) -> None:
    request.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 100000\r\n\r\n<!doctype html><p>half")
    request.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.wire.close()  # with no time to linger: a reset, not a goodbye


# bodies


empty = says(answer())


def drip(request: Request) -> None:
    request.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<!doctype html><title>Drip</title><p>")
    for piece in repeat(b"x", ENDLESS * 10):
        request.send(piece)
        time.sleep(0.1)


def flood(request: Request) -> None:
    request.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<!doctype html><title>Flood</title>")
    for number in count():
        request.send(b" " * 65_536)
        if number > ENOUGH:
            time.sleep(0.02)  # without end all the same, but other people's tests run here too


def gzip_bomb() -> Speak:
    return says(answer(gzip.compress(_bomb(), 6), "content-encoding: gzip"))


def brotli_bomb() -> Speak:
    return says(answer(brotli.compress(_bomb(), quality=4), "content-encoding: br"))


def _bomb() -> bytes:
    return HTML.encode() + b" " * BOMB


invalid_utf8 = says(
    b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/html; charset=utf-8\r\n"
    b"x-powered-by: caf\xe9 \xff\xfe \xed\xa0\x80\r\nlocation: /\xff\r\n\r\n"
    + HTML.encode().replace(b"Sound", b"So\xff\xed\xa0\x80und \xc0\xaf")
)


def huge_headers(request: Request) -> None:
    lines = "".join(f"x-{number}: {'v' * 400}\r\n" for number in range(180))
    request.send(f"HTTP/1.1 200 OK\r\nconnection: close\r\n{lines}\r\n".encode() + HTML.encode())


def thousands_of_cookies(request: Request) -> None:
    lines = "".join(f"set-cookie: session{number}={'v' * 20}; Path=/\r\n" for number in range(3_000))
    request.send(f"HTTP/1.1 200 OK\r\nconnection: close\r\n{lines}\r\n".encode() + HTML.encode())


# documents and scripts without end


deep_html = says(answer(HTML.replace("<main>", "<div>" * 4_000 + "<main>").encode()))


def endless_modules(request: Request) -> None:
    """Every module imports two that nobody asked for yet, and the first again."""
    number = request.path.removeprefix("/modules/").removesuffix(".js")
    if not number.isdigit():
        page = HTML.replace("</head>", '<script type="module" src="/modules/1.js"></script></head>')
        request.send(answer(page.encode()))
        return
    imported = (int(number) * 2, int(number) * 2 + 1, 1)
    script = "".join(f'import "/modules/{each}.js";\n' for each in imported)
    request.send(answer(script.encode(), media_type="text/javascript"))


errors = says(answer(b"Internal Server Error", status="500 Internal Server Error", media_type="text/plain"))


# redirects


def loop(request: Request) -> None:
    onward = "/there" if request.path != "/there" else "/"
    request.send(answer(b"", f"location: {onward}", status="308 Permanent Redirect"))


@contextlib.contextmanager
def sending_each_other() -> Iterator[list[str]]:
    """Two addresses, each of which sends everybody on to the other."""
    origins: list[str] = []

    def onward(number: int) -> Speak:
        return lambda request: request.send(
            answer(b"", f"location: {origins[number]}{request.path}", status="307 Temporary Redirect")
        )

    with serving(onward(1)) as first, serving(onward(0)) as second:
        origins += [first, second]
        yield origins


# walls


protection = says(
    answer(b"Authentication Required", "set-cookie: _vercel_sso_nonce=abc; Path=/; HttpOnly", status="401 Unauthorized")
)
challenge = says(answer(HTML.encode(), "x-vercel-mitigated: challenge", status="429 Too Many Requests"))


# certificates


class Authority:
    """An authority of the test's own, and what goes wrong with the certificates that it issues."""

    def __init__(self) -> None:
        self._root = trustme.CA(organization_name=f"Hostile {MARKUP}"[:60])

    def trusted(self, folder: Path) -> Path:
        """The file for SSL_CERT_FILE, so that nothing but the fault itself is wrong."""
        self._root.cert_pem.write_to_path(str(folder / "authority.pem"))
        return folder / "authority.pem"

    def expired(self) -> ssl.SSLContext:
        return _context(self._root.issue_cert("127.0.0.1", not_after=datetime(2024, 5, 6, tzinfo=UTC)))

    def for_another_name(self) -> ssl.SSLContext:
        return _context(self._root.issue_cert("another.example"))

    def self_signed(self) -> ssl.SSLContext:
        own = trustme.CA(organization_name=f"Own {MARKUP}"[:60])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            file.write(own.cert_pem.bytes() + own.private_key_pem.bytes())
            file.flush()
            context.load_cert_chain(file.name)
        return context


def _context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


# injection: everything that is said is markup, and tries to be more than text


def injecting(request: Request) -> None:
    """A page, scripts, an API, functions and redirects that say `MARKUP` and `CONTROLS` wherever something is said."""
    path = request.path.partition("?")[0]
    evil = MARKUP + CONTROLS
    said = evil.replace("\r", "").encode()
    fields = (
        f"x-powered-by: {MARKUP}\x9b31m\u202e",
        f"server: {MARKUP}/1.2.3",
        f"set-cookie: {MARKUP.replace('=', '')}=1; Path={MARKUP}",
        f"content-security-policy: script-src 'self' 'unsafe-inline' {MARKUP}",
        f"referrer-policy: {MARKUP}",
        f"strict-transport-security: max-age={MARKUP}",
        f"permissions-policy: {MARKUP}",
        f"x-content-type-options: {MARKUP}",
    )
    if path == "/":
        request.send(answer(_injecting_page().encode(), *fields))
    elif path == "/moved":
        request.send(answer(b"", f"location: https://elsewhere.invalid/{MARKUP}\x9b", status=f"302 {MARKUP}"))
    elif path == "/loop":
        request.send(answer(b"", f"location: /loop?{MARKUP}", status="302 Found"))
    elif path.endswith(".js") and "entry" in path:
        request.send(answer(_injecting_script().encode(), media_type="text/javascript"))
    elif path.startswith(("/rest", "/auth", "/storage", "/functions", "/api", "/version.json")):
        body = dict.fromkeys(("message", "msg", "error", "code", "hint", "details", "commit", evil), evil)
        status = "200 OK" if path == "/version.json" else f"500 {MARKUP}"
        media_type = f"application/json; {MARKUP}"
        request.send(answer(json.dumps(body).encode(), *fields, status=status, media_type=media_type))
    else:
        request.send(answer(said, *fields, status=f"404 {MARKUP}", media_type=f"text/{MARKUP}"))


def _injecting_page() -> str:
    address = escape(MARKUP)
    text = address + CONTROLS
    return f"""\
<!doctype html>
<html lang="{text}">
<head>
<title>{text}</title>
<link rel="stylesheet" href="/missing-{address}.css">
<script type="module" src="/entry.js"></script>
</head>
<body class="{text}">
<h1 id="{text}">{text}</h1><h1 id="{text}"></h1>
<p madeup="{text}">{text}</p>
<a href="/dead/{address}">dead</a> <a href="#{text}">nowhere</a>
<img src="/gone-{address}.png">
</body>
</html>
"""


def _injecting_script() -> str:
    evil = json.dumps(MARKUP + CONTROLS)
    chunk = json.dumps(f"./chunk-{MARKUP}.js")
    return f"""\
const evil = {evil}
console.error(evil)
console.warn("%c" + evil, "color: red")
import({chunk}).catch((error) => console.error(error.message + evil))
fetch("/api/" + evil)
Promise.reject(new Error(evil))
document.title = evil
document.body.append(evil)
alert(evil)
const named = new Error(evil)
named.name = evil
throw named
"""
