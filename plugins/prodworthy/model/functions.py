"""What was seen of the edge functions: every request that was sent, beside what was declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from prodworthy.model.exchange import Answer, Cause, Exchange, Gap, gaps_in
from prodworthy.model.measurement import Measurement, latencies, retries_in
from prodworthy.model.platform import describe
from prodworthy.model.sources import Sources
from prodworthy.model.target import Function, Identity

FOREIGN = "https://foreign.example"  # the origin of a page that nobody declared: RFC 2606
UNLISTED = "supabase.management_token is not given, so what is deployed is not compared with what is declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a browser asks before it lets a page of `origin` call the function."""

    origin: str
    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """A call with a token that nobody may accept."""

    token: str  # which one, in words
    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSeen:
    """What a function answers in one region."""

    region: str
    exchange: Exchange  # the declared call; of a function that is not repeatable, the preflight
    called: bool  # whether it is the declared call
    stamp: Exchange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFunction:
    """One declared function and everything that was asked of it."""

    declared: Function
    origin: str  # what the calls gave as theirs
    preflights: tuple[Preflight, ...] = ()  # one for each allowed origin; none when no page calls it
    strangers: tuple[Preflight, ...] = ()  # from origins that nobody declared
    stranger: Exchange | None = None  # a call for one of these, when calling again does no harm
    unsigned: Exchange | None = None  # without a token, when one is needed
    forged: tuple[Forged, ...] = ()  # with tokens that are not good
    calls: tuple[Exchange, ...] = ()  # as declared, first and later ones
    refusal: Exchange | None = None  # the declared request that it must refuse
    bare: Exchange | None = None  # a GET, where another method is declared and calling again does no harm
    stamps: tuple[Exchange, ...] = ()  # asked for the commit, where that stands at a path of its own
    regions: tuple[RegionSeen, ...] = ()
    uncalled: Gap | None = None  # why it was not called as declared, when it should have been
    unasked: str | None = None  # why it need not be called as declared

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        asked = (
            *(each.exchange for each in (*self.preflights, *self.strangers)),
            self.stranger,
            self.unsigned,
            *(each.exchange for each in self.forged),
            *self.calls,
            self.refusal,
            self.bare,
            *self.stamps,
            *(each for region in self.regions for each in (region.exchange, region.stamp)),
        )
        return tuple(each for each in asked if each)

    @property
    def late(self) -> Exchange | None:
        """The first call, when it was sent and no answer came in time."""
        return next((call for call in self.calls[:1] if call.failure and call.failure.late), None)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """The first call apart: it may have waited for the function to boot."""
        answers = [served(answer) for call in self.calls if (answer := call.answered)]
        name = self.declared.name
        times = (*latencies(f"{name}, first call", answers[:1]), *latencies(f"{name}, later calls", answers[1:]))
        return (*times, *self._elsewhere, *retries_in(self.exchanges))

    @property
    def _elsewhere(self) -> tuple[Measurement, ...]:
        called = ((each.region, each.exchange.answered) for each in self.regions if each.called)
        name = self.declared.name
        return tuple(
            each for region, answer in called if answer for each in latencies(f"{name} in {region}", [served(answer)])
        )


def served(answer: Answer) -> Answer:
    """The answer with the time that it took itself, without that of opening the connection."""
    timings = answer.timings
    own = timings.total - (timings.connect or 0.0) - (timings.tls or 0.0)
    return replace(answer, timings=replace(timings, total=own))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the platform has on record of a function."""

    name: str
    status: str = ""  # "ACTIVE", "REMOVED", "THROTTLED"
    verify_jwt: bool | None = None  # None: not told
    version: int | None = None  # counts deploys


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedSources:
    """The source files of one function, as the platform has them."""

    name: str
    exchange: Exchange  # its body left out
    files: Sources | None = None  # None: not told; empty: under no folder of functions


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """All declared edge functions."""

    url: str  # of the project
    seen: tuple[SeenFunction, ...] = ()
    identity: Identity | None = None  # where the front end says which build it is
    front: Exchange | None = None  # asked for that; None: what to expect is known, or no function has a stamp
    listed: Exchange | None = None  # the platform's own list of functions; None: not asked
    unlisted: Gap | None = None  # why that was not asked, when it should have been
    expected: Sources | None = None  # the files that functions must have been deployed from
    sources: tuple[DeployedSources, ...] = ()  # none: not compared
    sign_out: Exchange | None = None  # of the test user, afterwards; None: nobody had signed in

    @property
    def reached(self) -> bool:
        """Whether the platform answered anything at all."""
        return any(each.answered for seen in self.seen for each in seen.exchanges)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed; a function that keeps quiet while the platform answers is judged instead."""
        judged = [seen.late for seen in self.seen if self.reached]
        told = (self.listed, *(each.exchange for each in self.sources))
        exchanges = (*(each for seen in self.seen for each in seen.exchanges), self.front, self.sign_out, *told)
        asked = gaps_in(each for each in exchanges if each not in judged)
        uncalled = (seen.uncalled for seen in self.seen)
        refused = (_refused(each) for each in told if each)
        return (*asked, *dict.fromkeys(each for each in (*uncalled, self.unlisted, *refused) if each))

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What was left out because it is optional, and what would let it be asked."""
        calls = tuple(
            f"{seen.declared.name} as declared, only without a token: {seen.unasked}"
            for seen in self.seen
            if seen.unasked
        )
        odd = (
            f"whether {each.name} was deployed from the files at hand: its own have other names" for each in self.odd
        )
        unlisted = () if self.listed or self.unlisted else (UNLISTED,)
        return (*calls, *odd, *unlisted)

    @property
    def odd(self) -> tuple[DeployedSources, ...]:
        """Those whose files cannot be told which they are: none of them is known by its path."""
        known = self.expected or {}
        return tuple(each for each in self.sources if each.files is not None and not set(each.files) & set(known))

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """How long the first call of each took, and the later ones."""
        return tuple(each for seen in self.seen for each in seen.measured)

    @property
    def records(self) -> Mapping[str, Record]:
        """What the platform has on record, by name; empty where it was not asked or did not tell."""
        found = (_record(each) for each in _entries(self.listed) if isinstance(each.get("slug"), str))
        return {record.name: record for record in found}


def _record(raw: Mapping[str, Any]) -> Record:
    status, locked, version = raw.get("status"), raw.get("verify_jwt"), raw.get("version")
    return Record(
        name=raw["slug"],
        status=status if isinstance(status, str) else "",
        verify_jwt=locked if isinstance(locked, bool) else None,
        version=version if isinstance(version, int) else None,
    )


def _entries(listed: Exchange | None) -> list[dict[str, Any]]:
    answer = listed.answered if listed else None
    try:
        told = answer.json() if answer and answer.status < 400 else None
    except ValueError:
        told = None
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def _refused(listed: Exchange) -> Gap | None:
    """A token that was named but is not let in leaves a gap; a function that is not there has its finding."""
    answer = listed.answered
    if answer is None or answer.status < 400 or answer.status == 404:
        return None
    hint = {401: "; is the token right?", 403: "; the token needs edge_functions_read"}.get(answer.status, "")
    why = f"the management API answered {describe(answer)}{hint}"
    return Gap(what=f"{listed.method} {listed.url}", why=why, cause=Cause.SECRET)
