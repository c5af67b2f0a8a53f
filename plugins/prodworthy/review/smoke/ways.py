"""Do links and declared paths lead where they should?"""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.smoke import Crossing, Smoke, View, Walk, alike, same_page
from prodworthy.review.rules import rule
from prodworthy.review.smoke.sights import quoted, rendered


@rule(
    "smoke.path-broken",
    title="Every declared path can be walked to its end",
    severity=Severity.CRITICAL,
    reason="What people come to do cannot be done.",
    remedy="Walk it by hand. If the app is right and its words have changed, change the step in [[targets.x.paths]].",
    references=["Playwright: Actionability", "Playwright: Locators, locate by role"],
)
def path_broken(smoke: Smoke) -> Iterator[Shortfall]:
    """The first step that did not work within ten seconds, or `smoke.timeout` if less; those after it are not tried."""
    for walk in smoke.walked:
        if walk.broken is not None:
            step = f"step {walk.broken}" if walk.broken else "start"
            where = f"{walk.url}, path “{walk.name}” ({walk.viewport}), {step}"
            yield Shortfall(where, walk.wanted, walk.got, _remedy(walk))


@rule(
    "smoke.route-disagrees",
    title="A click on a link shows the same page as its address",
    severity=Severity.MEDIUM,
    reason="Who reloads, bookmarks or shares the page gets another one than who clicked.",
    remedy="Let the router draw the route that the address names at the start and after every click; look for a "
    "catch-all route that swallows it, a title that is set on one way only, or state that a reload loses.",
    references=["HTML standard §7.2.5 (the History interface)", "WCAG 2.2 SC 2.4.2"],
)
def route_disagrees(smoke: Smoke) -> Iterator[Shortfall]:
    """Address, title and the words of the main part; of those half may differ, for what changes from load to load."""
    asked = {(view.page.path, view.viewport): view for view in rendered(smoke)}
    for crossing in smoke.crossings:
        view = asked.get((crossing.page.path, crossing.viewport))
        if view and crossing.clicked and not crossing.failure and not same_page(view, crossing):
            wanted, got = _difference(view, crossing)
            yield Shortfall(f"{crossing.url} ({crossing.viewport})", f"by click as by address: {wanted}", got)


def _remedy(walk: Walk) -> str | None:
    """With the file that shows it, below the run's folder."""
    trace = next((each.name for each in walk.recordings if each.name.endswith(".zip")), None)
    change = "if the app is right and its words have changed, change the step in [[targets.x.paths]]"
    return f"See how it broke: playwright show-trace {trace} (below the run's folder); {change}." if trace else None


def _difference(view: View, crossing: Crossing) -> tuple[str, str]:
    if not alike(view.main, crossing.main):
        return quoted(view.main), quoted(crossing.main)
    if view.title != crossing.title:
        return f"the title {quoted(view.title)}", f"the title {quoted(crossing.title)}"
    return view.address, crossing.address
