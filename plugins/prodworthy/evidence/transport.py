"""Where bytes go: names to addresses, connections, and what was seen of their TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpcore
import httpx
from hyperframe.frame import RstStreamFrame

from prodworthy.model import Cause, Certificate, Target, Tls

BUFFER = 2**20  # bytes that wait in memory until somebody reads them
NEXT_ADDRESS = 3.0  # seconds that one of several addresses of a name gets to accept
SECOND_LOOK = 10.0  # seconds for a handshake that only asks what was presented
CANCEL = 0x8  # RFC 9113, section 7: the stream is no longer needed
NO_CHECK_TIME = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python's ssl does not name
PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}


class Unreachable(httpcore.ConnectError):
    """No connection; the text is one clear line."""

    def __init__(self, text: str, *, cause: Cause = Cause.NETWORK, final: bool = False, tls: Tls | None = None) -> None:
        super().__init__(text)
        self.cause = cause
        self.final = final  # trying again cannot help
        self.tls = tls  # what was presented, when TLS is the reason


def address_of(target: Target, url: str) -> tuple[str, int]:
    """The host and port to connect to for `url`: the loopback address that its name is mapped to, or its own."""
    parts = httpx.URL(url)
    port = parts.port or PORTS.get(parts.scheme, 443)
    return _mapped(target, parts.host, port) or (parts.host, port)


def tls_context(target: Target) -> ssl.SSLContext:
    """Trusts what the machine trusts (SSL_CERT_FILE, SSL_CERT_DIR, else certifi) and the embedded deployment's CA."""
    context = httpx.create_ssl_context()
    if target.addresses:
        context.load_verify_locations(cadata=target.addresses.ca_pem)
    return context


def _mapped(target: Target, host: str, port: int) -> tuple[str, int] | None:
    address = target.addresses.of(host, port) if target.addresses else None
    if address is None:
        return None
    name, _, number = address.rpartition(":")
    return name, int(number)


class Network(httpcore.AsyncNetworkBackend):
    """Opens the connections of one pool; knows the target's addresses and refuses private ones of strangers."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._declared = frozenset(target.declared_hosts)
        self._refused: dict[str, Unreachable] = {}  # server name -> why its TLS is not spoken again
        self._wires: list[Wire] = []

    @property
    def ended(self) -> bool:
        """Whether an HTTP/2 connection was ended by the other side, which httpcore does not look for."""
        return any(wire.ended and wire.multiplexed for wire in self._wires)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature is httpcore's
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> Wire:
        """Raises Unreachable."""
        if host in self._refused:
            raise self._refused[host]
        try:
            async with asyncio.timeout(timeout):
                wire = await self._connect(host, port)
        except TimeoutError:
            raise Unreachable(f"{host}:{port} did not accept a connection within {timeout:.0f} s", final=True) from None
        self._wires = [old for old in self._wires if not old.ended]
        self._wires.append(wire)
        return wire

    async def sleep(self, seconds: float) -> None:
        """Part of httpcore's interface."""
        await asyncio.sleep(seconds)

    async def _connect(self, host: str, port: int) -> Wire:
        addresses = await self._addresses(host, port)
        for address in addresses[:-1]:
            try:
                return await asyncio.wait_for(self._open(host, port, address), NEXT_ADDRESS)
            except (TimeoutError, Unreachable):
                continue
        return await self._open(host, port, addresses[-1])

    async def _open(self, host: str, port: int, address: tuple[str, int]) -> Wire:
        try:
            reader, writer = await asyncio.open_connection(*address, limit=BUFFER)
        except ConnectionRefusedError:
            raise Unreachable(f"nothing listens at {host}:{port}") from None
        except OSError as error:
            raise Unreachable(f"no connection to {host}:{port}: {error.strerror or 'unreachable'}") from None
        return Wire(reader, writer, address=address, refused=self._refused)

    async def _addresses(self, host: str, port: int) -> list[tuple[str, int]]:
        if mapped := _mapped(self._target, host, port):
            return [mapped]
        if self._target.addresses and self._target.addresses.knows(host):
            raise Unreachable(f"nothing listens at {host}:{port}", final=True)
        found = await _resolve(host, port)
        if not self._target.loopback and host not in self._declared and any(map(_is_private, found)):
            text = f"{host} leads to the private address {found[0]}, which is not asked"
            raise Unreachable(text, cause=Cause.BOUND, final=True)
        return [(address, port) for address in found]


async def _resolve(host: str, port: int) -> list[str]:
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1", "::1"]  # RFC 6761, section 6.3; many resolvers do not know it
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise Unreachable(f"the name {host} could not be looked up: no answer from the name server") from None
        raise Unreachable(f"the name {host} does not resolve") from None
    except UnicodeError:
        raise Unreachable(f"{host} is not a host name", final=True) from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_private(address: str) -> bool:
    return not ipaddress.ip_address(address.partition("%")[0]).is_global


class Wire(httpcore.AsyncNetworkStream):
    """One connection; remembers what was negotiated."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        address: tuple[str, int],
        refused: dict[str, Unreachable],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._address = address
        self._refused = refused
        self.tls: Tls | None = None
        self.multiplexed = False

    @property
    def ended(self) -> bool:
        """Whether either side closed it."""
        return self._writer.transport.is_closing() or self._reader.at_eof()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109
        """Some bytes, none at the end; raises httpcore.ReadError."""
        try:
            return await self._reader.read(max_bytes)
        except OSError as error:
            raise httpcore.ReadError(_lost(error)) from None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109
        """Returns when the bytes are on their way; raises httpcore.WriteError."""
        if not buffer:
            return
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as error:
            raise httpcore.WriteError(_lost(error)) from None

    async def reset(self, stream: int) -> None:
        """Tell the server to send no more on an HTTP/2 stream, which httpcore itself never does."""
        if not self.ended:
            await self.write(RstStreamFrame(stream_id=stream, error_code=CANCEL).serialize())

    async def aclose(self) -> None:
        """At once: waiting for the other side's goodbye could take for ever."""
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Wire:
        """Raises Unreachable, with what was presented when the certificate or the protocol is the reason."""
        name = server_hostname or self._address[0]
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=name)
        except asyncio.CancelledError:
            await self.aclose()
            raise
        except OSError as error:  # which TimeoutError and ssl.SSLError are
            await self.aclose()
            raise await self._explained(error, name) from None
        session = self._writer.get_extra_info("ssl_object")
        self.tls = _negotiated(session)
        self.multiplexed = session.selected_alpn_protocol() == "h2"
        return self

    def get_extra_info(self, info: str) -> Any:
        """Part of httpcore's interface."""
        if info == "is_readable":
            return self.ended
        return self._writer.get_extra_info(info)

    async def _explained(self, error: OSError, name: str) -> Unreachable:
        if isinstance(error, ssl.SSLCertVerificationError):
            problem = error.verify_message
            tls = await _presented(self._address, name, problem)
            text = f"the certificate of {name} is not trusted: {problem}"
            refusal = Unreachable(text, cause=Cause.CERTIFICATE, final=True, tls=tls)
            self._refused[name] = refusal
            return refusal
        if isinstance(error, TimeoutError):
            return Unreachable(f"no TLS with {name}: the handshake did not end in time", final=True)
        reason = _lost(error)
        if isinstance(error, ssl.SSLError):
            reason = (error.reason or "the handshake failed").lower().replace("_", " ")
        # a server with nothing but old protocols either says so or just hangs up
        tls = await _presented(self._address, name, reason)
        return Unreachable(f"no TLS with {name}: {reason}", tls=tls if tls.protocol else None)


def _lost(error: OSError) -> str:
    if isinstance(error, ConnectionError):
        return "the connection was reset"
    return f"the connection was lost: {error.strerror or type(error).__name__}"


def _negotiated(session: ssl.SSLObject, problem: str | None = None) -> Tls:
    cipher = session.cipher()
    return Tls(
        protocol=session.version() or "",
        cipher=cipher[0] if cipher else "",
        certificate=_certificate(session.getpeercert()),
        problem=problem,
    )


def _certificate(details: Mapping[str, Any] | None) -> Certificate | None:
    if not details:
        return None
    return Certificate(
        subject=_name(details.get("subject", ())),
        issuer=_name(details.get("issuer", ())),
        names=tuple(value for _, value in details.get("subjectAltName", ())),
        not_before=_moment(details["notBefore"]),
        not_after=_moment(details["notAfter"]),
    )


def _name(parts: Iterable[Iterable[tuple[str, str]]]) -> str:
    return ", ".join(f"{key}={value}" for part in parts for key, value in part)


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)


async def _presented(address: tuple[str, int], name: str, problem: str) -> Tls:
    """What a server presents that is not trusted, however old or wrong; nothing is sent but handshakes.

    Python reads a certificate's fields only when it trusts it. So the certificate is fetched first, and then trusted
    for one more handshake as its own anchor, whatever its dates and names.
    """
    try:
        _, leaf = await _handshake(address, name, _lenient())
        anchored = _lenient()
        anchored.verify_mode = ssl.CERT_REQUIRED
        anchored.verify_flags = ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | NO_CHECK_TIME)
        anchored.load_verify_locations(cadata=leaf)
        tls, _ = await _handshake(address, name, anchored, problem)
    except (OSError, ValueError, TimeoutError):
        return Tls(protocol="", cipher="", certificate=None, problem=problem)
    return tls


def _lenient() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


async def _handshake(
    address: tuple[str, int], name: str, context: ssl.SSLContext, problem: str | None = None
) -> tuple[Tls, bytes]:
    async with asyncio.timeout(SECOND_LOOK):
        _, writer = await asyncio.open_connection(*address, ssl=context, server_hostname=name)
    session = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return _negotiated(session, problem), session.getpeercert(binary_form=True) or b""
