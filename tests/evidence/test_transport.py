"""Names to addresses, and what is told of certificates that nobody should trust."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from prodworthy.evidence.client import Client
from prodworthy.evidence.transport import address_of, tls_context
from prodworthy.model import Addresses, Cause, Exchange, Target

NOW = datetime.now(UTC)
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi"


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def issued(ca: trustme.CA, *names: str, **dates: datetime) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, **dates).configure_cert(context)
    return context


def self_signed(name: str, tmp_path: Any) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    file = tmp_path / "self-signed.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@asynccontextmanager
async def server(context: ssl.SSLContext | None, ca: trustme.CA) -> AsyncIterator[Target]:
    """Serves shop.test, as an embedded deployment would."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(100)
            writer.write(ANSWER)
            await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    addresses = Addresses(hosts={"shop.test:443": address}, ca_pem=ca.cert_pem.bytes().decode(), spki="")
    try:
        yield Target(name="shop", url="https://shop.test", addresses=addresses)
    finally:
        listening.close()
        await asyncio.sleep(0.01)


async def seen(context: ssl.SSLContext | None, ca: trustme.CA) -> Exchange:
    async with server(context, ca) as target, Client(target) as client:
        return await client.ask("/", purpose="test")


def test_a_trusted_certificate_is_told_with_its_names_and_dates() -> None:
    ca = trustme.CA()
    tls = run(seen(issued(ca, "shop.test", "www.shop.test", not_after=NOW + timedelta(days=5)), ca)).answered.tls
    assert tls.problem is None
    assert tls.certificate.names == ("shop.test", "www.shop.test")
    assert abs(tls.certificate.not_after - NOW - timedelta(days=5)) < timedelta(seconds=2)


def test_an_expired_certificate_is_told_with_the_moment_of_its_end() -> None:
    ca = trustme.CA()
    ended = NOW - timedelta(days=3)
    exchange = run(seen(issued(ca, "shop.test", not_after=ended), ca))
    assert exchange.failure.cause is Cause.CERTIFICATE
    assert exchange.failure.text == "the certificate of shop.test is not trusted: certificate has expired"
    assert abs(exchange.failure.tls.certificate.not_after - ended) < timedelta(seconds=2)
    assert exchange.answer is None


def test_a_certificate_for_another_name_is_told_with_its_names() -> None:
    ca = trustme.CA()
    failure = run(seen(issued(ca, "other.test"), ca)).failure
    assert failure.cause is Cause.CERTIFICATE
    assert "Hostname mismatch" in failure.tls.problem
    assert failure.tls.certificate.names == ("other.test",)


def test_a_self_signed_certificate_is_told_as_such(tmp_path: Any) -> None:
    failure = run(seen(self_signed("shop.test", tmp_path), trustme.CA())).failure
    assert failure.cause is Cause.CERTIFICATE
    assert "self-signed" in failure.tls.problem
    assert failure.tls.certificate.subject == failure.tls.certificate.issuer == "commonName=shop.test"


def test_a_certificate_of_an_unknown_authority_is_told_with_its_issuer() -> None:
    failure = run(seen(issued(trustme.CA(organization_name="Somebody"), "shop.test"), trustme.CA())).failure
    assert failure.cause is Cause.CERTIFICATE
    assert "issuer" in failure.tls.problem
    assert "Somebody" in failure.tls.certificate.issuer


def test_a_certificate_that_begins_tomorrow_is_told_with_the_moment_of_its_beginning() -> None:
    ca = trustme.CA()
    context = issued(ca, "shop.test", not_before=NOW + timedelta(days=1), not_after=NOW + timedelta(days=9))
    failure = run(seen(context, ca)).failure
    assert "not yet valid" in failure.tls.problem
    assert failure.tls.certificate.not_before > NOW


def test_nothing_but_handshakes_reaches_a_server_that_is_not_trusted() -> None:
    async def work() -> int:
        heads = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal heads
            try:
                heads += bool(await reader.read(1))
            except OSError:
                pass
            finally:
                writer.transport.abort()

        context = issued(trustme.CA(), "shop.test")
        listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        hosts = {"shop.test:443": f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"}
        addresses = Addresses(hosts=hosts, ca_pem=trustme.CA().cert_pem.bytes().decode(), spki="")
        async with Client(Target(name="shop", url="https://shop.test", addresses=addresses)) as client:
            await asyncio.gather(*(client.ask(f"/{i}", purpose="test") for i in range(20)))
        await asyncio.sleep(0.05)
        listening.close()
        return heads

    assert run(work()) == 0


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_a_server_that_only_speaks_old_tls_is_told_with_its_protocol() -> None:
    ca = trustme.CA()
    context = issued(ca, "shop.test")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    failure = run(seen(context, ca)).failure
    assert failure.cause is Cause.NETWORK
    assert failure.tls.protocol == "TLSv1.1"


def test_a_port_that_does_not_speak_tls_is_a_network_failure() -> None:
    failure = run(seen(None, trustme.CA())).failure
    assert failure.cause is Cause.NETWORK
    assert failure.text.startswith("no TLS with shop.test")


def test_a_mapped_name_leads_to_its_address_and_never_to_the_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    async def forbidden(*arguments: Any, **options: Any) -> Any:
        raise AssertionError(f"the resolver was asked for {arguments}")

    async def work() -> tuple[Exchange, Exchange]:
        ca = trustme.CA()
        async with server(issued(ca, "shop.test"), ca) as target, Client(target) as client:
            loop = asyncio.get_running_loop()
            own = loop.getaddrinfo
            monkeypatch.setattr(
                loop,
                "getaddrinfo",
                lambda host, *a, **o: own(host, *a, **o) if host == "127.0.0.1" else forbidden(host),
            )
            return await client.ask("/", purpose="test"), await client.ask("http://shop.test/", purpose="test")

    mapped, other_port = run(work())
    assert mapped.answered.body == b"hi"
    assert other_port.failure.text == "nothing listens at shop.test:80"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://shop.test/a", ("127.0.0.1", 41001)),
        ("wss://shop.test/a", ("127.0.0.1", 41001)),
        ("http://shop.test", ("127.0.0.1", 41002)),
        ("https://shop.test:8443", ("shop.test", 8443)),
        ("wss://elsewhere.test", ("elsewhere.test", 443)),
    ],
)
def test_the_address_of_a_url_is_the_mapped_one_where_there_is_one(url: str, address: tuple[str, int]) -> None:
    hosts = {"shop.test:443": "127.0.0.1:41001", "shop.test:80": "127.0.0.1:41002"}
    target = Target(name="shop", url="https://shop.test", addresses=Addresses(hosts=hosts, ca_pem="", spki=""))
    assert address_of(target, url) == address


def test_an_embedded_deployments_authority_is_trusted_besides_the_machines_own() -> None:
    ca = trustme.CA(organization_name="Embedded")
    addresses = Addresses(hosts={}, ca_pem=ca.cert_pem.bytes().decode(), spki="")
    plain = tls_context(Target(name="shop", url="https://shop.test")).cert_store_stats()["x509_ca"]
    embedded = tls_context(Target(name="shop", url="https://shop.test", addresses=addresses))
    assert embedded.cert_store_stats()["x509_ca"] == plain + 1
