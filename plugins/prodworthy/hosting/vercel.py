"""One project at Vercel, through its REST API.

Paths carry a version of their own each; where several live side by side the documented one is asked. For reads of whole
lists an older one is tried when the answer shows that the route itself is unknown: a 404 without the API's own error,
which it has for every object that it does not find.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self, TypeVar
from urllib.parse import quote

from prodworthy.hosting import reading
from prodworthy.hosting.calls import Calls
from prodworthy.hosting.errors import Rejected, Unintelligible
from prodworthy.hosting.fields import named_host
from prodworthy.hosting.host import Accepted, Filter
from prodworthy.model.commit import same_commit
from prodworthy.model.hosting import (
    Deployment,
    DeploymentState,
    Domain,
    Job,
    JobKind,
    MovedAlias,
    Project,
    RollingRelease,
    Substate,
)

PAGE = 100  # items, the most that a page has
PAGES = 20  # that are asked at most
REASON = 250  # characters of a reason that are kept
EVERY = Filter()

_DEPLOYMENT = re.compile(r"dpl_[A-Za-z0-9]{1,120}")
_DASHBOARD = re.compile(
    r"https?://vercel\.com/[^/?#]+/[^/?#]+/(?:deployments/)?(?:dpl_)?([A-Za-z0-9]{8,120})(?:[/?#].*)?"
)

Item = TypeVar("Item")


class _Endless(Unintelligible):
    """More pages than are asked for."""


class Vercel:
    """See `Host`."""

    def __init__(self, calls: Calls, project: str) -> None:
        self._calls = calls
        self._name = project
        self._path = f"projects/{quote(project, safe='')}"
        self._id: str | None = project if project.startswith("prj_") else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Vercel({self._name!r})"

    def project(self) -> Project:
        """See `Host`; `rollbackInfo` makes sure that the last job is in the answer."""
        found = self._one(f"/v9/{self._path}", reading.project, {"rollbackInfo": "true"})
        self._id = found.id
        return found

    def current(self) -> Deployment | None:
        """See `Host`."""
        found = self.project().current
        return None if found is None else self.deployment(found)

    def deployments(self, asked: Filter = EVERY, *, limit: int = 20) -> Sequence[Deployment]:
        """See `Host`; what is asked for is looked for in every item too, should the platform not know a parameter."""
        project = self._id or self.project().id
        paths = ("/v7/deployments", "/v6/deployments")
        found: dict[str, Deployment] = {}
        query = {**_query(asked, project), "limit": str(min(limit, PAGE))}
        try:
            for each in self._pages(paths, "deployments", reading.deployment, query):
                if each.project in {None, project} and _fits(each, asked):
                    found.setdefault(each.id, each)
                if len(found) >= limit:
                    break
        except _Endless:  # the newest are what is wanted; only that there are none cannot be said
            if not found:
                raise
        return sorted(found.values(), key=lambda each: each.created, reverse=True)

    def deployment(self, name: str) -> Deployment:
        """See `Host`; one that is only told as to outsiders is none that this token can see."""
        path = f"/v13/deployments/{quote(_asked_for(name), safe='')}"
        body = self._calls.get(path, {"withGitRepoInfo": "true"})
        call = f"GET {path}"
        if _read(call, reading.identified, body) and reading.outsiders(body):
            raise Rejected(f"{call}: told only what outsiders are", call=call, status=404)
        return _read(call, reading.deployment, body)

    def candidates(self) -> Sequence[Deployment]:
        """See `Host`."""
        current = self.project().current
        asked = Filter(production=True, state=DeploymentState.READY, candidates=True)
        return [each for each in self.deployments(asked, limit=PAGE) if each.id != current]

    def domains(self) -> Sequence[Domain]:
        """See `Host`."""
        query = {"production": "true"}
        found = self._pages((f"/v9/{self._path}/domains",), "domains", reading.domain, query)
        return list({each.name: each for each in found if each is not None}.values())

    def serving(self, domain: str) -> str | None:
        """See `Host`; an alias is asked only where the domain leads to no deployment: it has the tighter limit."""
        host = quote(named_host(domain) or domain, safe="")
        for path, read in ((f"/v13/deployments/{host}", reading.identified), (f"/v4/aliases/{host}", reading.leads_to)):
            try:
                return self._one(path, read, {})
            except Rejected as error:
                if error.status not in {404, 410}:
                    raise
        return None

    def job(self) -> Job | None:
        """See `Host`."""
        return self.project().last_job

    def moved(self, kind: JobKind) -> Sequence[MovedAlias]:
        """See `Host`."""
        paths = {
            JobKind.ROLLBACK: (f"/v9/{self._path}/rollback/aliases",),
            JobKind.PROMOTE: (f"/v1/{self._path}/promote/aliases", f"/v9/{self._path}/promote/aliases"),
        }
        found = self._pages(paths[kind], "aliases", reading.moved, {}) if kind in paths else ()
        return list({each.domain: each for each in found}.values())

    def rolling_release(self) -> RollingRelease | None:
        """See `Host`; where the plan or the role has none, the call may be refused; the project's word counts."""
        try:
            return self._one(f"/v1/{self._path}/rolling-release", reading.rolling_release, {"state": "ACTIVE"})
        except Rejected as error:
            if error.status not in {402, 403, 404} or self.project().rolling:
                raise
            return None

    def plan(self) -> str | None:
        """See `Host`; from a deployment, which says it of its account."""
        found = self.current()
        return found.plan if found else None

    def rollback(self, deployment: str, *, reason: str) -> Accepted:
        """See `Host`."""
        path = f"/v1/{self._path}/rollback/{quote(deployment, safe='')}"
        return _accepted(self._calls.post(path, {"description": reason[:REASON]}))

    def promote(self, deployment: str) -> Accepted:
        """See `Host`."""
        return _accepted(self._calls.post(f"/v10/{self._path}/promote/{quote(deployment, safe='')}"))

    def close(self) -> None:
        """See `Host`."""
        self._calls.close()

    def _one(self, path: str, read: Callable[[dict[str, Any]], Item], query: Mapping[str, str]) -> Item:
        return _read(f"GET {path}", read, self._calls.get(path, query))

    def _pages(
        self, paths: tuple[str, ...], name: str, read: Callable[[Any], Item], query: Mapping[str, str]
    ) -> Iterator[Item]:
        """Every item of every page; raises Unintelligible when the pages do not come to an end."""
        query = {"limit": str(PAGE), **query}
        path, page = self._first_page(paths, query)
        call = f"GET {path}"
        until: int | None = None
        for number in range(PAGES):
            for item in _read(call, lambda body: reading.listed(body, name), page):
                yield _read(call, read, item)
            following = _read(call, reading.following, page)
            if following is None:
                return
            if until is not None and following >= until:
                raise Unintelligible(f"{call}: the next page is not older than this one", call=call)
            if number == PAGES - 1:
                break
            until = following
            page = self._calls.get(path, {**query, "until": str(until)})
        raise _Endless(f"{call}: more than {PAGES} pages", call=call)

    def _first_page(self, paths: tuple[str, ...], query: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        for path in paths[:-1]:
            try:
                return path, self._calls.get(path, query)
            except Rejected as error:
                if not _unknown_route(error):
                    raise
        return paths[-1], self._calls.get(paths[-1], query)


def _read(call: str, read: Callable[[Any], Item], body: Any) -> Item:
    try:
        return read(body)
    except Unintelligible as error:
        raise Unintelligible(f"{call}: {error}", call=call) from None


def _asked_for(name: str) -> str:
    """The id or host in what a person typed: an id, a URL, a host, or a page of the dashboard."""
    typed = name.strip()
    if _DEPLOYMENT.fullmatch(typed):
        return typed
    if page := _DASHBOARD.fullmatch(typed):
        return f"dpl_{page[1]}"
    host = named_host(typed)
    if host is None:
        call = "GET /v13/deployments"
        raise Rejected(f"{call}: not asked, this is no id, URL or host of a deployment", call=call, status=404)
    return host


def _query(asked: Filter, project: str) -> dict[str, str]:
    query = {"projectId": project}
    if asked.production:
        query["target"] = "production"
    if asked.state:
        query["state"] = asked.state.value.upper()
    if asked.candidates:
        query["rollbackCandidate"] = "true"
    if asked.commit:
        query["sha"] = asked.commit
    if asked.branch:
        query["branch"] = asked.branch
    return query


def _fits(found: Deployment, asked: Filter) -> bool:
    return (
        (not asked.production or found.production)
        and (asked.state is None or found.state is asked.state)
        and (not asked.candidates or _candidate(found))
        and (asked.commit is None or bool(found.commit and same_commit(found.commit, asked.commit)))
        and (asked.branch is None or found.branch == asked.branch)
    )


def _candidate(found: Deployment) -> bool:
    """By the platform's word; where it says none, by having been live."""
    return found.substate is Substate.PROMOTED if found.candidate is None else found.candidate


def _unknown_route(error: Rejected) -> bool:
    return error.status in {404, 405} and not error.platform_code and not error.message


def _accepted(status: int) -> Accepted:
    return Accepted(queued=status == 202)
