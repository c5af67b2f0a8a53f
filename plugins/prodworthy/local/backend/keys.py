"""Who calls: API keys, the tokens behind them, and the tokens of signed-in users."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

_YEAR = 31_536_000  # seconds


class Kind(Enum):
    """What kind of API key a caller showed."""

    PUBLISHABLE = "publishable"
    SECRET = "secret"  # noqa: S105  (the name of a kind)
    LEGACY_ANON = "anon"
    LEGACY_SERVICE = "service_role"

    @property
    def role(self) -> str:
        """The database role that the key alone stands for."""
        return "anon" if self in {Kind.PUBLISHABLE, Kind.LEGACY_ANON} else "service_role"

    @property
    def legacy(self) -> bool:
        """Whether the key is itself a token."""
        return self in {Kind.LEGACY_ANON, Kind.LEGACY_SERVICE}


class BadToken(Exception):
    """A token that is not ours, or no longer; `expired` tells which."""

    def __init__(self, reason: str, *, expired: bool = False) -> None:
        super().__init__(reason)
        self.expired = expired


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a request runs in the database."""

    role: str
    claims: Mapping[str, Any]
    kind: Kind | None = None  # of the API key


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The keys of one project: those given, those made for this run, and the key pair that signs users' tokens."""

    issuer: str
    ref: str
    publishable: str
    secret: str
    management: str = field(repr=False)  # a personal access token of the platform's management API
    jwt_secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    signing: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    @classmethod
    def of(cls, backend_url: str, keys: Mapping[str, str]) -> Keyring:
        """A project's keys; what is not given is made up."""
        ref = (urlsplit(backend_url).hostname or "").partition(".")[0]
        return cls(
            issuer=f"{backend_url.rstrip('/')}/auth/v1",
            ref=ref,
            publishable=keys.get("publishable") or f"sb_publishable_{secrets.token_urlsafe(23)}",
            secret=keys.get("secret") or f"sb_secret_{secrets.token_urlsafe(23)}",
            management=keys.get("management") or f"sbp_{secrets.token_hex(20)}",
        )

    def kind(self, key: str) -> Kind | None:
        """What an API key is good for; None for one that is not ours."""
        for ours, kind in ((self.publishable, Kind.PUBLISHABLE), (self.secret, Kind.SECRET)):
            if secrets.compare_digest(key.encode(), ours.encode()):
                return _legacy(ours) or kind
        try:
            claims = jwt.decode(key, self.jwt_secret, algorithms=["HS256"], options={"verify_aud": False})
        except jwt.InvalidTokenError:
            return None
        return {"anon": Kind.LEGACY_ANON, "service_role": Kind.LEGACY_SERVICE}.get(claims.get("role", ""))

    def legacy(self, role: str) -> str:
        """A key in the old form, as functions find it in their environment."""
        now = int(time.time())
        claims = {"iss": "supabase", "ref": self.ref, "role": role, "iat": now, "exp": now + _YEAR}
        return jwt.encode(claims, self.jwt_secret, algorithm="HS256")

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A user's access token."""
        return jwt.encode(dict(claims), self.signing, algorithm="ES256", headers={"kid": self.key_id})

    def claims(self, token: str) -> dict[str, Any]:
        """What a token says, once its signature and time are found right. Raises BadToken."""
        if token in {self.publishable, self.secret} and (kind := _legacy(token)):
            return {"role": kind.role}
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
            key = self.signing.public_key() if algorithm == "ES256" else self.jwt_secret
            allowed = [algorithm] if algorithm in {"ES256", "HS256"} else []
            decoded: dict[str, Any] = jwt.decode(token, key, algorithms=allowed, options={"verify_aud": False})
        except jwt.ExpiredSignatureError as error:
            raise BadToken("JWT expired", expired=True) from error
        except jwt.InvalidTokenError as error:
            raise BadToken(str(error)) from error
        return decoded

    def jwks(self) -> dict[str, Any]:
        """The public half of the signing key, for anybody who wants to check a token."""
        return {"keys": [self._public() | {"kid": self.key_id, "use": "sig", "key_ops": ["verify"], "ext": True}]}

    @property
    def key_id(self) -> str:
        """The name of the signing key: RFC 7638's thumbprint, in the form of a UUID."""
        digest = hashlib.sha256(json.dumps(_thumb(self._public()), separators=(",", ":"), sort_keys=True).encode())
        text = digest.hexdigest()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"

    def _public(self) -> dict[str, Any]:
        numbers = self.signing.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "alg": "ES256", "x": _base64url(numbers.x), "y": _base64url(numbers.y)}


def _thumb(key: Mapping[str, Any]) -> dict[str, Any]:
    return {name: key[name] for name in ("crv", "kty", "x", "y")}


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def _legacy(key: str) -> Kind | None:
    """The kind of a key that is a token, by what it says of itself: its secret is the vendor's, not ours."""
    try:
        role = jwt.decode(key, options={"verify_signature": False}).get("role", "")
    except jwt.InvalidTokenError:
        return None
    return {"anon": Kind.LEGACY_ANON, "service_role": Kind.LEGACY_SERVICE}.get(role)
