"""Do pages and paths feel as fast and as steady as their budgets say?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prodworthy.model import Cure, Severity, Shortfall
from prodworthy.model.measurement import Measurement
from prodworthy.model.smoke import Smoke, View, Vitals
from prodworthy.review.rules import rule
from prodworthy.review.smoke.sights import by_place, rendered


@rule(
    "smoke.lcp-over-budget",
    title="Every declared page shows its main content within the budget",
    severity=Severity.MEDIUM,
    reason="Until the largest text or picture is painted people see a page that is not there yet.",
    remedy="Find what the largest paint waits for in the browser's performance panel: preload that picture or font, "
    "take scripts out of its way, answer faster; or raise `lcp` in [targets.x.budgets].",
    references=["web.dev: Largest Contentful Paint (LCP)", "web.dev: Optimize Largest Contentful Paint"],
    cure=Cure.NONE,
)
def lcp_over_budget(smoke: Smoke) -> Iterator[Shortfall]:
    """The best of up to three loads, each in a browser without a past and with no other tab open."""
    return _over(smoke, smoke.budgets.lcp, lambda vitals: vitals.largest_paint, "the largest paint", "s")


@rule(
    "smoke.cls-over-budget",
    title="No declared page shifts under its readers' eyes more than the budget allows",
    severity=Severity.MEDIUM,
    reason="People lose the line that they read and hit what they did not mean to.",
    remedy="Give pictures and frames width and height, keep room for what comes late, preload fonts; or raise `cls` in "
    "[targets.x.budgets].",
    references=["web.dev: Cumulative Layout Shift (CLS)", "web.dev: Optimize Cumulative Layout Shift"],
)
def cls_over_budget(smoke: Smoke) -> Iterator[Shortfall]:
    """The best of up to three loads, each in a browser without a past and with no other tab open."""
    return _over(smoke, smoke.budgets.cls, lambda vitals: vitals.layout_shift, "a layout shift", "")


@rule(
    "smoke.inp-over-budget",
    title="Every declared path answers clicks and keys within the budget",
    severity=Severity.MEDIUM,
    reason="A page that does nothing for a moment after a click gets clicked again, or left.",
    remedy="Record the click in the browser's performance panel: split the long task behind it, paint first and work "
    "afterwards; or raise `inp` in [targets.x.budgets].",
    references=["web.dev: Interaction to Next Paint (INP)", "web.dev: Optimize Interaction to Next Paint"],
)
def inp_over_budget(smoke: Smoke) -> Iterator[Shortfall]:
    """The slowest click or key of a path, walked once with no other tab open."""
    budget = smoke.budgets.inp
    for walk in smoke.walked:
        felt = walk.vitals.interaction
        if budget is not None and felt is not None and felt > budget:
            where = f"{walk.url}, path “{walk.name}” ({walk.viewport})"
            yield Shortfall(
                where, f"the next paint within {_number(budget, 's')}", f"{_number(felt, 's')} at the worst"
            )


def _over(
    smoke: Smoke, budget: float | None, felt: Callable[[Vitals], float | None], what: str, unit: str
) -> Iterator[Shortfall]:
    def told(view: View) -> Iterator[tuple[str, str]]:
        value = felt(view.felt)
        if budget is not None and value is not None and value > budget:
            tries = f" at best of {len(view.again) + 1}" if view.again else ""
            yield f"{what} of at most {_number(budget, unit)}", f"{_number(value, unit)}{tries}"

    return by_place((view for view in rendered(smoke) if view.alone), told)


def _number(value: float, unit: str) -> str:
    return str(Measurement(what="", value=value if unit == "s" else round(value, 3), unit="s" if unit == "s" else ""))
