"""Rules about the regions in which a function must answer."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Answer, Control, Cure, Severity, Shortfall
from prodworthy.model.functions import Functions, RegionSeen, SeenFunction
from prodworthy.review.functions.answering import answers, as_declared, no_token, ran, told, unknown, where
from prodworthy.review.rules import rule

REGIONAL = "Supabase docs, Regional invocations: https://supabase.com/docs/guides/functions/regional-invocation"


@rule(
    "functions.region-failed",
    title="Every function answers in every declared region",
    severity=Severity.HIGH,
    reason="It works here, and fails for the people who are near that region.",
    remedy="Just after a deploy, wait some minutes and run again; else deploy again, and see status.supabase.com.",
    references=[REGIONAL],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def region_failed(functions: Functions) -> Iterator[Shortfall]:
    """Of functions that answer as declared elsewhere; one that fails everywhere has its finding already."""
    for seen in functions.seen:
        for region in seen.regions if _works(seen) else ():
            for exchange, answer in answers([region.exchange]):
                if not _as_it_should(seen, region, answer):
                    wanted = f"{seen.declared.status if region.called else '2xx'} by the function's code"
                    yield Shortfall(where(seen, exchange), wanted, told(answer))


def _as_it_should(seen: SeenFunction, region: RegionSeen, answer: Answer) -> bool:
    """A function that no page calls may answer OPTIONS as it likes, as long as it answers."""
    if ran(answer) is False or unknown(answer) or no_token(answer):
        return False
    if region.called:
        return answer.status == seen.declared.status
    return answer.status < (300 if seen.preflights else 500)


@rule(
    "functions.region-elsewhere",
    title="A call for a region is answered there",
    severity=Severity.LOW,
    reason="Whoever asks for a region, to be near its data or within its laws, is served from another one.",
    remedy="See whether the region's name is right and offered; the platform does not re-route by itself.",
    references=[REGIONAL],
    cure=Cure.NONE,
    controls=[Control.SA],
)
def region_elsewhere(functions: Functions) -> Iterator[Shortfall]:
    """By x-sb-edge-region, where the platform tells it."""
    for seen in functions.seen:
        for region in seen.regions:
            for exchange, answer in answers([region.exchange]):
                told_region = answer.header("x-sb-edge-region")
                if told_region and told_region != region.region:
                    yield Shortfall(where(seen, exchange), region.region, told_region)


def _works(seen: SeenFunction) -> bool:
    """Without a region named: the declared call, or the preflight where that is all that is asked in regions."""
    if any(region.called for region in seen.regions):
        return any(as_declared(seen))
    consents = answers(each.exchange for each in seen.preflights)
    return not seen.preflights or any(answer.status < 300 for _, answer in consents)
