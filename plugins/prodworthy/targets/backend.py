"""The back end of a targets file: the project, its users and keys, and its functions."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha1
from typing import Any

from prodworthy.model import Bucket, Embedded, Function, Refusal, Search, Secret, Supabase, User
from prodworthy.model.sources import Sources
from prodworthy.targets.sources import sources
from prodworthy.targets.surroundings import Surroundings
from prodworthy.targets.tables import latency, request, stamp, table

Raw = Mapping[str, Any]
SAFE = {"GET", "HEAD", "OPTIONS"}


def supabase(at: Surroundings, name: str, raw: Raw, embedded: Embedded | None) -> Supabase:
    """The project and what it must let through."""
    key = f"targets.{name}.supabase"
    return Supabase(
        url=at.origin(f"{key}.url", at.address(f"{key}.url", raw["url"])),
        key=at.secret(raw["key"]),
        tables=tuple(map(table, raw.get("tables", ()))),
        buckets=tuple(Bucket(**each) for each in raw.get("buckets", ())),
        searches=tuple(_search(at, key, each) for each in raw.get("searches", ())),
        realtime=raw.get("realtime", "prodworthy") or None,
        user=_user(at, key, "user", raw["user"], embedded) if "user" in raw else None,
        stranger=_user(at, key, "stranger", raw["stranger"], embedded) if "stranger" in raw else None,
        signups=raw.get("signups"),
        ref=raw.get("ref"),
        sources=_sources(at, f"{key}.sources", raw["sources"]) if "sources" in raw else None,
        **_privileged(at, key, raw, embedded),
    )


def function(at: Surroundings, name: str, key: str, raw: Raw) -> Function:
    """An edge function and how it must answer."""
    refusal = raw.get("refusal")
    asked = request(raw.get("request", {}))
    optional: dict[str, Any] = {field: raw[field] for field in ("browser", "signed_in", "media_type") if field in raw}
    if "headers" in raw:
        optional["headers"] = tuple(each.lower() for each in raw["headers"])
    return Function(
        name=key,
        request=asked,
        status=raw.get("status", 200),
        schema=at.json_file(f"targets.{name}.functions.{key}.schema", raw.get("schema")),
        verify_jwt=raw.get("verify_jwt", True),
        repeatable=raw.get("repeatable", asked.method in SAFE),
        refusal=Refusal(request=request(refusal["request"]), status=refusal.get("status", 400)) if refusal else None,
        latency=latency(raw.get("latency", {})),
        origins=tuple(at.origin(f"targets.{name}.functions.{key}", each) for each in raw.get("origins", ())),
        stamp=stamp(raw["stamp"]) if "stamp" in raw else None,
        regions=tuple(raw.get("regions", ())),
        **optional,
    )


def keys(at: Surroundings, backend: Raw) -> dict[str, str]:
    """The keys that the embedded project takes; what is not given is made up there."""
    named = {"publishable": "key", "secret": "secret_key", "management": "management_token"}
    given = {kind: at.secret(backend[name]).value or "" for kind, name in named.items() if name in backend}
    return {"management": _management_token(), **given}


def password(email: str) -> str:
    """A password for an embedded deployment's user: it protects nothing, so it need not be random."""
    return f"embedded-{email}"


def _privileged(at: Surroundings, key: str, raw: Raw, embedded: Embedded | None) -> dict[str, Any]:
    """What more than the public key can tell; all of it optional."""
    named = {name: at.secret(raw[name]) for name in ("database", "secret_key", "management_token") if name in raw}
    if embedded and "management_token" not in raw:
        named["management_token"] = _made_up("the embedded project's own token", _management_token())
    if "management_url" not in raw:
        return dict(named)
    return {**named, "management_url": at.origin(f"{key}.management_url", raw["management_url"])}


def _sources(at: Surroundings, key: str, path: str) -> Sources:
    place = at.place(path)
    try:
        return sources(place)
    except OSError as error:
        raise at.error(key, f"{place}: {error.strerror}") from None


def _search(at: Surroundings, key: str, raw: Raw) -> Search:
    args = raw.get("args", {})
    if isinstance(args, str):
        args = at.json_file(f"{key}.searches.args", args)
    return Search(rpc=raw["rpc"], args=args, column=raw.get("column", "id"), expect=raw["expect"])


def _user(at: Surroundings, key: str, which: str, raw: Raw, embedded: Embedded | None) -> User:
    if "password" in raw:
        return User(email=raw["email"], password=at.secret(raw["password"]))
    made = {each["email"]: each["password"] for each in embedded.users} if embedded else {}
    if raw["email"] not in made:
        listed = ", or list the e-mail address in embedded.users" if embedded else ""
        raise at.error(f"{key}.{which}", f"lacks 'password'; write password = {{ env = \"NAME\" }}{listed}")
    return User(email=raw["email"], password=_made_up("embedded user", made[raw["email"]]))


def _made_up(name: str, value: str) -> Secret:
    return Secret(name=name, value=value, made_up=True)


def _management_token() -> str:
    """A personal access token for an embedded deployment, as little of a secret as its users' passwords."""
    return f"sbp_{sha1(b'embedded', usedforsecurity=False).hexdigest()}"
