"""From a checked table of the targets file to a Target."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha1
from typing import Any
from urllib.parse import urlsplit

from cattrs import BaseValidationError

from prodworthy.model import (
    Browsing,
    Bucket,
    Budgets,
    BuildStamp,
    Embedded,
    Endpoint,
    Function,
    Identity,
    Ignored,
    Latency,
    Markup,
    Page,
    Protection,
    Refusal,
    Request,
    Search,
    Secret,
    Severity,
    Stage,
    Supabase,
    Table,
    Target,
    User,
)
from prodworthy.model.path import ClickPath
from prodworthy.model.pointer import pointed
from prodworthy.model.policy import Policy, Setting
from prodworthy.model.sources import Sources
from prodworthy.model.standing import Baseline, Standing
from prodworthy.model.waiver import Waiver
from prodworthy.plain import from_plain
from prodworthy.targets.errors import TargetsError
from prodworthy.targets.file import TargetsFile
from prodworthy.targets.paths import click_path
from prodworthy.targets.sources import sources
from prodworthy.targets.units import duration, percentage, size

Raw = Mapping[str, Any]
SAFE = {"GET", "HEAD", "OPTIONS"}
UNSET = "https://unset.invalid"  # stands for an address that is not known; never asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the command line adds to the targets file."""

    stage: Stage = Stage.PRE_PROMOTE
    deployment: str | None = None  # an address to judge in place of the target's own
    expect_commit: str | None = None


class Builder:
    """Builds the targets of one file; keeps the file's folder and the environment at hand."""

    def __init__(self, file: TargetsFile, order: Order, environment: Mapping[str, str] | None = None) -> None:
        self._file = file
        self._order = order
        self._environment = os.environ if environment is None else environment
        self._unset: list[str] = []

    def build(self, name: str) -> Target:
        """The target of that name; raises TargetsError for files that it names and that are not usable."""
        raw = self._file.targets[name]
        self._unset = []
        embedded = self._embedded(name, raw)
        url = self._order.deployment or self._url(name, raw, embedded)
        domains = () if self._order.deployment else raw.get("domains", ())
        origin = self._origin(f"targets.{name}.url", url)
        target = Target(
            name=name,
            url=origin,
            domains=tuple(self._origin(f"targets.{name}.domains", each) for each in domains) or (origin,),
            pages=tuple(_page(each) for each in raw.get("pages", ["/"])),
            endpoints=tuple(self._endpoint(name, each) for each in raw.get("endpoints", ())),
            identity=self._identity(raw),
            unknown_path=raw.get("unknown_path", "404"),
            certificate_days=raw.get("certificate_days", 14),
            supabase=self._supabase(name, raw["supabase"], embedded) if "supabase" in raw else None,
            functions=tuple(self._function(name, key, each) for key, each in raw.get("functions", {}).items()),
            budgets=self._budgets(name, raw),
            protection=_protection(raw.get("headers", {})),
            markup=_markup(raw.get("html", {})),
            browsing=_browsing(raw.get("smoke", {})),
            paths=self._paths(raw),
            baseline=self._baseline(name, raw) if "baseline" in raw else None,
            not_applicable=dict(raw.get("not_applicable", {})),
            gate=Severity(raw.get("gate", "medium")),
            policy=self._policy(name, raw),
            stage=self._order.stage,
            embedded=embedded,
        )
        return replace(target, unusable=_not_set(self._unset))

    def _budgets(self, name: str, raw: Raw) -> Budgets:
        budgets = raw.get("budgets", {})
        declared = [_page(each).path for each in raw.get("pages", ["/"])]
        if strange := next((path for path in budgets.get("pages", {}) if path not in declared), None):
            raise self._file.error(f"targets.{name}.budgets.pages", f"{strange!r} is not one of the target's pages")
        kinds: dict[str, Any] = {"initial": size, "total": size, "largest": size, "lcp": duration, "inp": duration}
        told = {key: read(budgets[key]) for key, read in kinds.items() if key in budgets}
        return Budgets(
            **told,
            cls=budgets.get("cls"),
            growth=percentage(budgets["growth"]) if "growth" in budgets else None,
            pages={path: size(most) for path, most in budgets.get("pages", {}).items()},
            measure=budgets.get("measure", "gzip"),
        )

    def _url(self, name: str, raw: Raw, embedded: Embedded | None) -> str:
        if "url" in raw:
            return self._address(f"targets.{name}.url", raw["url"])
        assert embedded is not None  # the schema asks for one of the two
        return f"https://{embedded.domain}"

    def _embedded(self, name: str, raw: Raw) -> Embedded | None:
        if "embedded" not in raw or self._order.deployment:
            return None
        table = raw["embedded"]
        app = (self._file.folder / table["app"]).resolve()
        domains = [urlsplit(self._origin(f"targets.{name}.domains", each)).netloc for each in raw.get("domains", ())]
        named = table.get("domain") or _host_of(raw.get("url")) or f"{app.name.lower().replace('_', '-')}.test"
        backend = raw.get("supabase")
        return Embedded(
            app=str(app),
            dist=table.get("dist", "dist"),
            domain=named,
            aliases=tuple(each for each in domains if each != named),
            backend=self._address(f"targets.{name}.supabase.url", backend["url"]) if backend else None,
            keys=self._keys(backend) if backend else {},
            users=tuple({"email": each, "password": _password(each)} for each in table.get("users", ())),
            delay=duration(table["delay"]) if "delay" in table else 0.0,
        )

    def _baseline(self, name: str, raw: Raw) -> Baseline:
        """What "no worse than" compares with: production as it is, an address, or what an earlier run saved."""
        key, source = f"targets.{name}.baseline", raw["baseline"]
        if source == "live":
            if "url" not in raw:
                raise self._file.error(key, '"live" is what production serves now, and the target has no url')
            return Baseline(source=source, url=self._origin(f"targets.{name}.url", self._url(name, raw, None)))
        if source.startswith(("https://", "http://")):
            return Baseline(source=source, url=self._origin(key, source))
        saved = self._json_file(key, f"{source}#/standing")
        try:
            return Baseline(source=source, standing=from_plain(Standing, saved))
        except BaseValidationError:
            raise self._file.error(key, f"{source} holds no standing that this version can read") from None

    def _keys(self, backend: Raw) -> dict[str, str]:
        """The keys that the embedded project takes; what is not given is made up there."""
        named = {"publishable": "key", "secret": "secret_key", "management": "management_token"}
        given = {kind: self._secret(backend[name]).value or "" for kind, name in named.items() if name in backend}
        return {"management": _management_token(), **given}

    def _policy(self, name: str, raw: Raw) -> Policy:
        settings = (
            Setting(rule=rule, severity=None if "off" in each else Severity(each["severity"]), reason=each["reason"])
            for rule, each in raw.get("rules", {}).items()
        )
        waivers = (self._waiver(f"targets.{name}.waivers", each) for each in raw.get("waivers", ()))
        return Policy(settings=tuple(settings), waivers=tuple(waivers))

    def _waiver(self, key: str, raw: Raw) -> Waiver:
        try:
            return Waiver(**{**raw, "expires": datetime.fromisoformat(raw["expires"])})
        except ValueError as error:
            raise self._file.error(key, f"expires: {raw['expires']!r} is no instant: {error}") from None

    def _endpoint(self, name: str, raw: Raw) -> Endpoint:
        method = raw.get("method", "GET")
        return Endpoint(
            path=raw["path"],
            method=method,
            status=raw.get("status", 200),
            json=raw.get("json"),
            headers=raw.get("headers", {}),
            schema=self._json_file(f"targets.{name}.endpoints", raw.get("schema")),
            media_type=raw.get("media_type"),
            latency=_latency(raw.get("latency", {})),
            samples=raw.get("samples", 3),
            repeatable=raw.get("repeatable", method in SAFE),
        )

    def _identity(self, raw: Raw) -> Identity | None:
        if "identity" not in raw and self._order.expect_commit is None:
            return None
        identity = Identity(**raw.get("identity", {}))
        return replace(identity, expect=self._order.expect_commit or identity.expect)

    def _supabase(self, name: str, raw: Raw, embedded: Embedded | None) -> Supabase:
        key = f"targets.{name}.supabase"
        return Supabase(
            url=self._origin(f"{key}.url", self._address(f"{key}.url", raw["url"])),
            key=self._secret(raw["key"]),
            tables=tuple(map(_table, raw.get("tables", ()))),
            buckets=tuple(Bucket(**each) for each in raw.get("buckets", ())),
            searches=tuple(self._search(key, each) for each in raw.get("searches", ())),
            realtime=raw.get("realtime", "prodworthy") or None,
            user=self._user(key, "user", raw["user"], embedded) if "user" in raw else None,
            stranger=self._user(key, "stranger", raw["stranger"], embedded) if "stranger" in raw else None,
            signups=raw.get("signups"),
            ref=raw.get("ref"),
            sources=self._sources(f"{key}.sources", raw["sources"]) if "sources" in raw else None,
            **self._privileged(key, raw, embedded),
        )

    def _privileged(self, key: str, raw: Raw, embedded: Embedded | None) -> dict[str, Any]:
        """What more than the public key can tell; all of it optional."""
        named = {
            name: self._secret(raw[name]) for name in ("database", "secret_key", "management_token") if name in raw
        }
        if embedded and "management_token" not in raw:
            named["management_token"] = _made_up("the embedded project's own token", _management_token())
        if "management_url" not in raw:
            return dict(named)
        return {**named, "management_url": self._origin(f"{key}.management_url", raw["management_url"])}

    def _sources(self, key: str, path: str) -> Sources:
        place = self._file.folder / path
        try:
            return sources(place)
        except OSError as error:
            raise self._file.error(key, f"{place}: {error.strerror}") from None

    def _search(self, key: str, raw: Raw) -> Search:
        args = raw.get("args", {})
        if isinstance(args, str):
            args = self._json_file(f"{key}.searches.args", args)
        return Search(rpc=raw["rpc"], args=args, column=raw.get("column", "id"), expect=raw["expect"])

    def _user(self, key: str, which: str, raw: Raw, embedded: Embedded | None) -> User:
        if "password" in raw:
            return User(email=raw["email"], password=self._secret(raw["password"]))
        made = {each["email"]: each["password"] for each in embedded.users} if embedded else {}
        if raw["email"] not in made:
            listed = ", or list the e-mail address in embedded.users" if embedded else ""
            raise self._file.error(f"{key}.{which}", f"lacks 'password'; write password = {{ env = \"NAME\" }}{listed}")
        return User(email=raw["email"], password=_made_up("embedded user", made[raw["email"]]))

    def _function(self, name: str, key: str, raw: Raw) -> Function:
        refusal = raw.get("refusal")
        request = _request(raw.get("request", {}))
        optional: dict[str, Any] = {
            field: raw[field] for field in ("browser", "signed_in", "media_type") if field in raw
        }
        if "headers" in raw:
            optional["headers"] = tuple(each.lower() for each in raw["headers"])
        return Function(
            name=key,
            request=request,
            status=raw.get("status", 200),
            schema=self._json_file(f"targets.{name}.functions.{key}.schema", raw.get("schema")),
            verify_jwt=raw.get("verify_jwt", True),
            repeatable=raw.get("repeatable", request.method in SAFE),
            refusal=Refusal(request=_request(refusal["request"]), status=refusal.get("status", 400))
            if refusal
            else None,
            latency=_latency(raw.get("latency", {})),
            origins=tuple(self._origin(f"targets.{name}.functions.{key}", each) for each in raw.get("origins", ())),
            stamp=_stamp(raw["stamp"]) if "stamp" in raw else None,
            regions=tuple(raw.get("regions", ())),
            **optional,
        )

    def _address(self, key: str, raw: str | Raw) -> str:
        if isinstance(raw, str):
            return raw
        secret = self._secret(raw)
        if not secret.value:
            self._unset.append(secret.name)
            return UNSET
        return self._origin(key, secret.value)

    def _origin(self, key: str, text: str) -> str:
        """Scheme, host and port, without a trailing slash; raises TargetsError for anything else."""
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.path.strip("/") or parts.query or parts.fragment or '"' in text:
            found = repr(text[:60]) if "://" in text else ""
            raise self._file.error(
                key, f"{found or 'what it holds'} is not an address such as https://shop.example.com"
            )
        return text.rstrip("/")

    def _paths(self, raw: Raw) -> tuple[ClickPath, ...]:
        viewport = raw.get("smoke", {}).get("viewports", ["desktop"])[0]
        return tuple(click_path(each, viewport, self._secret) for each in raw.get("paths", ()))

    def _secret(self, raw: Raw) -> Secret:
        name = raw["env"]
        value = self._environment.get(name)
        if not value and "file" in raw:
            value = self._dotenv(raw["file"]).get(name)
        return Secret(name=name, value=value or None)

    def _dotenv(self, name: str) -> dict[str, str]:
        """NAME=value lines; quotes around a value are taken off, everything else is ignored."""
        path = self._file.folder / name
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise TargetsError(f"{path}: cannot be read: {error}") from None
        pairs = (line.removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#"))
        return {key.strip(): value.strip().strip("'\"") for key, found, value in pairs if found}

    def _json_file(self, key: str, path: str | None) -> Any:
        if path is None:
            return None
        path, _, pointer = path.partition("#")
        place = self._file.folder / path
        try:
            return pointed(json.loads(place.read_text(encoding="utf-8")), pointer)
        except LookupError:
            raise self._file.error(key, f"{place} has nothing at {pointer}") from None
        except OSError as error:
            raise self._file.error(key, f"{place}: {error.strerror}") from None
        except ValueError as error:
            raise self._file.error(key, f"{place} is not JSON: {error}") from None


def _not_set(names: list[str]) -> str | None:
    return f"{' and '.join(names)}, which must hold an address, is not set" if names else None


def _host_of(url: object) -> str | None:
    return urlsplit(url).netloc if isinstance(url, str) else None


def _password(email: str) -> str:
    """A password for an embedded deployment's user: it protects nothing, so it need not be random."""
    return f"embedded-{email}"


def _made_up(name: str, value: str) -> Secret:
    return Secret(name=name, value=value, made_up=True)


def _management_token() -> str:
    """A personal access token for an embedded deployment, as little of a secret as its users' passwords."""
    return f"sbp_{sha1(b'embedded', usedforsecurity=False).hexdigest()}"


def _page(raw: str | Raw) -> Page:
    return Page(path=raw) if isinstance(raw, str) else Page(**raw)


def _table(raw: Raw) -> Table:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return Table(**fields)


def _request(raw: Raw) -> Request:
    return Request(
        method=raw.get("method", "POST"),
        path=raw.get("path", ""),
        json=raw.get("json"),
        headers=raw.get("headers", {}),
    )


def _stamp(raw: Raw) -> BuildStamp:
    return BuildStamp(header=raw["header"].lower()) if "header" in raw else BuildStamp(**raw)


def _latency(raw: Raw) -> Latency:
    return Latency(**{key: duration(value) for key, value in raw.items()})


def _ignored(raw: list[Raw]) -> tuple[Ignored, ...]:
    return tuple(Ignored(**each) for each in raw)


def _protection(raw: Raw) -> Protection:
    return Protection(private=tuple(raw.get("private", ())), grade=raw.get("grade"))


def _markup(raw: Raw) -> Markup:
    return Markup(**{**raw, "ignore": _ignored(raw.get("ignore", []))})


def _browsing(raw: Raw) -> Browsing:
    optional: dict[str, Any] = {}
    if "viewports" in raw:
        optional["viewports"] = tuple(raw["viewports"])
    if "timeout" in raw:
        optional["timeout"] = duration(raw["timeout"])
    if "accessibility" in raw:
        optional["accessibility"] = raw["accessibility"] or None
    return Browsing(
        ignore_console=_ignored(raw.get("ignore_console", [])),
        ignore_requests=_ignored(raw.get("ignore_requests", [])),
        dark=raw.get("dark", False),
        **optional,
    )
