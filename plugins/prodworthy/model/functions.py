"""What was seen of the edge functions: every request that was sent, beside what was declared."""

from __future__ import annotations

from dataclasses import dataclass, replace

from prodworthy.model.exchange import Answer, Exchange, Gap, gaps_in
from prodworthy.model.measurement import Measurement, latencies, retries_in
from prodworthy.model.target import Function


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a browser asks before it lets a page of `origin` call the function."""

    origin: str
    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFunction:
    """One declared function and everything that was asked of it."""

    declared: Function
    origin: str  # what the calls gave as theirs
    preflights: tuple[Preflight, ...] = ()  # one for each allowed origin; none when no page calls it
    foreign: Preflight | None = None  # from an origin that nobody declared
    unsigned: Exchange | None = None  # without a token, when verify_jwt is declared
    calls: tuple[Exchange, ...] = ()  # as declared, first and later ones
    refusal: Exchange | None = None  # the declared request that it must refuse
    uncalled: Gap | None = None  # why it was not called as declared, when it should have been
    unasked: str | None = None  # why it need not be called as declared

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        asked = (*(each.exchange for each in self.preflights), self.foreign and self.foreign.exchange, self.unsigned)
        return tuple(each for each in (*asked, *self.calls, self.refusal) if each)

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
        return times + retries_in(self.exchanges)


def served(answer: Answer) -> Answer:
    """The answer with the time that it took itself, without that of opening the connection."""
    timings = answer.timings
    own = timings.total - (timings.connect or 0.0) - (timings.tls or 0.0)
    return replace(answer, timings=replace(timings, total=own))


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """All declared edge functions."""

    url: str  # of the project
    seen: tuple[SeenFunction, ...] = ()
    sign_out: Exchange | None = None  # of the test user, afterwards; None: nobody had signed in

    @property
    def reached(self) -> bool:
        """Whether the platform answered anything at all."""
        return any(each.answered for seen in self.seen for each in seen.exchanges)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed; a function that keeps quiet while the platform answers is judged instead."""
        judged = [seen.late for seen in self.seen if self.reached]
        exchanges = (*(each for seen in self.seen for each in seen.exchanges), self.sign_out)
        asked = gaps_in(each for each in exchanges if each not in judged)
        return (*asked, *dict.fromkeys(seen.uncalled for seen in self.seen if seen.uncalled))

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What was left out because it is optional, and what would let it be asked."""
        return tuple(
            f"{seen.declared.name} as declared, only without a token: {seen.unasked}"
            for seen in self.seen
            if seen.unasked
        )

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """How long the first call of each took, and the later ones."""
        return tuple(each for seen in self.seen for each in seen.measured)
