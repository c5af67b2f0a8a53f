"""The certificate authority of one run: what an embedded deployment presents, and how clients come to trust it."""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALPN = ["h2", "http/1.1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A server's certificate, ready to be presented."""

    context: ssl.SSLContext
    spki: str  # base64 of the SHA-256 of the public key: Chromium's --ignore-certificate-errors-spki-list


class Authority:
    """Signs leaves that only clients which were given `ca_pem` believe; nothing is written to any trust store."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="prodworthy", organization_unit_name="embedded deployment")
        self.ca_pem = self._ca.cert_pem.bytes().decode("ascii")

    def issue(
        self, names: Iterable[str], *, not_before: datetime | None = None, not_after: datetime | None = None
    ) -> Leaf:
        """One certificate for all of `names` (wildcards allowed); the times are UTC, without them it never expires."""
        issued = self._ca.issue_cert(*dict.fromkeys(names), not_before=not_before, not_after=not_after)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(ALPN)
        issued.configure_cert(context)
        return Leaf(context=context, spki=_spki(issued.cert_chain_pems[0].bytes()))

    def trusting(self) -> ssl.SSLContext:
        """A client's context that believes this authority and nobody else."""
        return ssl.create_default_context(cadata=self.ca_pem)


def _spki(certificate: bytes) -> str:
    key = x509.load_pem_x509_certificate(certificate).public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return base64.b64encode(digest).decode("ascii")
