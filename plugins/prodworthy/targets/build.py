"""From a checked table of the targets file to a Target."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cattrs import BaseValidationError

from prodworthy.model import (
    Budgets,
    Embedded,
    Endpoint,
    Identity,
    Severity,
    Stage,
    Target,
)
from prodworthy.model.hosting import Hosting
from prodworthy.model.path import ClickPath
from prodworthy.model.policy import Policy, Setting
from prodworthy.model.standing import Baseline, Standing
from prodworthy.model.waiver import Waiver
from prodworthy.plain import from_plain
from prodworthy.targets import backend, host, tables
from prodworthy.targets.file import TargetsFile
from prodworthy.targets.paths import click_path
from prodworthy.targets.surroundings import Surroundings
from prodworthy.targets.units import duration, percentage, size

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the command line adds to the targets file."""

    stage: Stage = Stage.PRE_PROMOTE
    deployment: str | None = None  # to judge in place of what the target's own address serves: an id, or an address
    expect_commit: str | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))  # when the run began


class Builder:
    """Builds the targets of one file; keeps the file's folder and the environment at hand."""

    def __init__(self, file: TargetsFile, order: Order, environment: Mapping[str, str] | None = None) -> None:
        self._file = file
        self._order = order
        self._environment = os.environ if environment is None else environment
        self._at = Surroundings(file, self._environment)

    def build(self, name: str) -> Target:
        """The target of that name; raises TargetsError for files that it names and that are not usable."""
        raw = self._file.targets[name]
        self._at = Surroundings(self._file, self._environment)
        embedded = self._embedded(name, raw)
        given = host.address(self._order.deployment)
        url = given or self._url(name, raw, embedded)
        domains = () if given else raw.get("domains", ())
        origin = self._at.origin(f"targets.{name}.url", url)
        target = Target(
            name=name,
            url=origin,
            domains=tuple(self._at.origin(f"targets.{name}.domains", each) for each in domains) or (origin,),
            pages=tuple(tables.page(each) for each in raw.get("pages", ["/"])),
            endpoints=tuple(self._endpoint(name, each) for each in raw.get("endpoints", ())),
            identity=self._identity(raw),
            unknown_path=raw.get("unknown_path", "404"),
            certificate_days=raw.get("certificate_days", 14),
            supabase=backend.supabase(self._at, name, raw["supabase"], embedded) if "supabase" in raw else None,
            functions=tuple(
                backend.function(self._at, name, key, each) for key, each in raw.get("functions", {}).items()
            ),
            budgets=self._budgets(name, raw),
            protection=tables.protection(raw.get("headers", {})),
            markup=tables.markup(raw.get("html", {})),
            browsing=tables.browsing(raw.get("smoke", {})),
            paths=self._paths(raw),
            baseline=self._baseline(name, raw) if "baseline" in raw else None,
            not_applicable=dict(raw.get("not_applicable", {})),
            gate=Severity(raw.get("gate", "medium")),
            policy=self._policy(name, raw),
            stage=self._order.stage,
            hosting=self._hosting(name, raw, embedded),
            environment=tuple(raw.get("environment", ())),
            embedded=embedded,
        )
        self._check_deployment(target)
        return replace(target, unusable=self._at.unset)

    def _budgets(self, name: str, raw: Raw) -> Budgets:
        budgets = raw.get("budgets", {})
        declared = [tables.page(each).path for each in raw.get("pages", ["/"])]
        if strange := next((path for path in budgets.get("pages", {}) if path not in declared), None):
            raise self._at.error(f"targets.{name}.budgets.pages", f"{strange!r} is not one of the target's pages")
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
            return self._at.address(f"targets.{name}.url", raw["url"])
        assert embedded is not None  # the schema asks for one of the two
        return f"https://{embedded.domain}"

    def _embedded(self, name: str, raw: Raw) -> Embedded | None:
        if "embedded" not in raw:
            return None
        table = raw["embedded"]
        app = self._at.place(table["app"]).resolve()
        domains = [urlsplit(self._at.origin(f"targets.{name}.domains", each)).netloc for each in raw.get("domains", ())]
        named = table.get("domain") or _host_of(raw.get("url")) or f"{app.name.lower().replace('_', '-')}.test"
        project = raw.get("supabase")
        embedded = Embedded(
            app=str(app),
            dist=table.get("dist", "dist"),
            domain=named,
            aliases=tuple(each for each in domains if each != named),
            backend=self._at.address(f"targets.{name}.supabase.url", project["url"]) if project else None,
            keys=backend.keys(self._at, project) if project else {},
            users=tuple({"email": each, "password": backend.password(each)} for each in table.get("users", ())),
            host=host.settings(raw.get("vercel", {})),
            delay=duration(table["delay"]) if "delay" in table else 0.0,
        )
        given = host.address(self._order.deployment)
        return None if given and not host.played_here(embedded, given) else embedded

    def _hosting(self, name: str, raw: Raw, embedded: Embedded | None) -> Hosting | None:
        if embedded:
            return host.played(embedded)
        return host.hosting(self._at, name, raw["vercel"]) if "vercel" in raw else None

    def _check_deployment(self, target: Target) -> None:
        """An id means nothing without the host that gave it."""
        given = self._order.deployment
        if given is None or host.address(given):
            return
        if target.hosting is None or target.hosting.token is None:
            key = f"targets.{target.name}" + (".vercel" if target.hosting else "")
            lines = 'token = { env = "VERCEL_TOKEN" }' if target.hosting else f"[{key}.vercel] with project and token"
            raise self._at.error(
                key, f"--deployment={given} is known to the host only; give its address, or add {lines}"
            )

    def _baseline(self, name: str, raw: Raw) -> Baseline:
        """What "no worse than" compares with: production as it is, an address, or what an earlier run saved."""
        key, source = f"targets.{name}.baseline", raw["baseline"]
        if source == "live":
            if "url" not in raw:
                raise self._at.error(key, '"live" is what production serves now, and the target has no url')
            return Baseline(source=source, url=self._at.origin(f"targets.{name}.url", self._url(name, raw, None)))
        if source.startswith(("https://", "http://")):
            return Baseline(source=source, url=self._at.origin(key, source))
        saved = self._at.json_file(key, f"{source}#/standing")
        try:
            return Baseline(source=source, standing=from_plain(Standing, saved))
        except BaseValidationError:
            raise self._at.error(key, f"{source} holds no standing that this version can read") from None

    def _policy(self, name: str, raw: Raw) -> Policy:
        settings = (
            Setting(rule=rule, severity=None if "off" in each else Severity(each["severity"]), reason=each["reason"])
            for rule, each in raw.get("rules", {}).items()
        )
        waivers = (self._waiver(f"targets.{name}.waivers", each) for each in raw.get("waivers", ()))
        return Policy(settings=tuple(settings), waivers=tuple(waivers), now=self._order.now)

    def _waiver(self, key: str, raw: Raw) -> Waiver:
        try:
            return Waiver(**{**raw, "expires": datetime.fromisoformat(raw["expires"])})
        except ValueError as error:
            raise self._at.error(key, f"expires: {raw['expires']!r} is no instant: {error}") from None

    def _endpoint(self, name: str, raw: Raw) -> Endpoint:
        method = raw.get("method", "GET")
        return Endpoint(
            path=raw["path"],
            method=method,
            status=raw.get("status", 200),
            json=raw.get("json"),
            headers=raw.get("headers", {}),
            schema=self._at.json_file(f"targets.{name}.endpoints", raw.get("schema")),
            media_type=raw.get("media_type"),
            latency=tables.latency(raw.get("latency", {})),
            samples=raw.get("samples", 3),
            repeatable=raw.get("repeatable", method in backend.SAFE),
        )

    def _identity(self, raw: Raw) -> Identity | None:
        if "identity" not in raw and self._order.expect_commit is None:
            return None
        identity = Identity(**raw.get("identity", {}))
        return replace(identity, expect=self._order.expect_commit or identity.expect)

    def _paths(self, raw: Raw) -> tuple[ClickPath, ...]:
        viewport = raw.get("smoke", {}).get("viewports", ["desktop"])[0]
        return tuple(click_path(each, viewport, self._at.secret) for each in raw.get("paths", ()))


def _host_of(url: object) -> str | None:
    return urlsplit(url).netloc if isinstance(url, str) else None
