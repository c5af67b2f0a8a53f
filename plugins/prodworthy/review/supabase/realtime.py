"""Rules about the realtime service."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Control, Cure, Severity, Shortfall
from prodworthy.model.backend import Realtime
from prodworthy.model.platform import describe
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import own, place

REALTIME = "Supabase docs, Realtime authorization: https://supabase.com/docs/guides/realtime/authorization"


@rule(
    "supabase.realtime-refused",
    title="A page can join a realtime channel",
    severity=Severity.HIGH,
    reason="Without it the app shows what was true when the page was loaded.",
    remedy="See Realtime settings (public access) and its logs; an app without it declares supabase.realtime = false",
    references=[REALTIME],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def realtime_refused(realtime: Realtime) -> Iterator[Shortfall]:
    """The websocket must open, and the join must be answered with "ok"."""
    answer, reply = own(realtime.handshake), realtime.reply
    if realtime.handshake is None or answer is None:
        return
    where = f"{place(realtime.handshake)}, channel {realtime.channel}"
    if answer.status != 101:
        yield Shortfall(where, "a websocket (101)", describe(answer))
    elif reply and reply.status != "ok":
        yield Shortfall(where, "the join answered with ok", f"{reply.status} {reply.reason}".strip())


@rule(
    "supabase.realtime-ping",
    title="Realtime's HTTP half answers",
    severity=Severity.INFO,
    reason="Broadcasts from servers go that way, without a websocket.",
    remedy="See the realtime logs.",
    references=[REALTIME],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def realtime_ping(realtime: Realtime) -> Iterator[Shortfall]:
    """Only a failure of the service is told: whether every project answers this at all is not documented."""
    answer = own(realtime.ping)
    if realtime.ping and answer and answer.status >= 500:
        yield Shortfall(place(realtime.ping), "200", describe(answer))
