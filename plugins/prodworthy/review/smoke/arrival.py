"""Does every declared page arrive, and come to rest where it should?"""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Cure, Severity, Shortfall, Subject
from prodworthy.model.smoke import Smoke, View
from prodworthy.review.rules import rule
from prodworthy.review.smoke.sights import Told, arrived, by_place, elsewhere


@rule(
    "smoke.page-status",
    title="Every declared page is answered with a page of the declared status",
    severity=Severity.CRITICAL,
    reason="What people came for is not there.",
    remedy="Open the address: if the host does not know it, add the route or the rewrite to vercel.json; "
    "if it answers 5xx, look into the host's logs; if the page is gone for good, take it out of `pages`.",
    references=["RFC 9110 §15", "Vercel: Project configuration, rewrites"],
)
def page_status(smoke: Smoke) -> Iterator[Shortfall]:
    """The status of the document that is shown in the end."""

    def told(view: View) -> Iterator[Told]:
        wanted = f"a page with status {view.page.status}"
        if view.looping:
            return
        if view.refused:
            yield wanted, f"{view.refused}, status {view.status}" if view.status else view.refused
        elif view.status != view.page.status:
            yield wanted, f"status {view.status}"

    return by_place(smoke.seen, told)


@rule(
    "smoke.navigation-loop",
    title="Every declared page comes to rest",
    severity=Severity.CRITICAL,
    reason="A page that redirects to or reloads itself never shows anything, and loads the host without end.",
    remedy="Follow the Location headers (curl -IL): usually two redirects undo each other, such as trailingSlash "
    "against a rule of your own, or a script calls location.reload() on every load.",
    references=["Fetch standard, HTTP-redirect fetch: at most 20", "Vercel: Project configuration, redirects"],
)
def navigation_loop(smoke: Smoke) -> Iterator[Shortfall]:
    """Redirects until the browser gives up, or documents until we do."""

    def told(view: View) -> Iterator[Told]:
        if view.looping:
            got = view.refused or f"{view.documents} documents one after the other, then it was stopped"
            yield "a page that stays", got

    return by_place(smoke.seen, told)


@rule(
    "smoke.page-elsewhere",
    title="Every declared page stays on the target's own addresses",
    severity=Severity.HIGH,
    reason="People who open this page end up at somebody else's.",
    remedy="Remove the redirect, or name the host in `domains` if it is yours.",
    references=["OWASP ASVS 5.0 V3.7", "OWASP: Unvalidated Redirects and Forwards Cheat Sheet"],
)
def page_elsewhere(smoke: Smoke) -> Iterator[Shortfall]:
    """Where the page ended, scripts and meta refresh included."""

    def told(view: View) -> Iterator[Told]:
        if elsewhere(smoke, view):
            yield f"an address at {' or '.join(smoke.hosts)}", view.address

    return by_place(smoke.seen, told)


@rule(
    "smoke.page-frozen",
    title="Every declared page answers",
    severity=Severity.CRITICAL,
    reason="While a script runs without end, nothing on the page can be clicked, typed or read.",
    remedy="Look for a loop without end, or for a state update that triggers itself: record a profile in the "
    "browser's performance panel.",
    references=["web.dev: Optimize long tasks"],
)
def page_frozen(smoke: Smoke) -> Iterator[Shortfall]:
    """Whether the main thread answered within ten seconds after the page had settled, or `smoke.timeout` if less."""
    return by_place(
        arrived(smoke),
        lambda view: [] if view.responsive else [("an answer of the page's main thread", "none in time")],
    )


@rule(
    "smoke.load-unfinished",
    title="Every declared page finishes loading in time",
    severity=Severity.LOW,
    reason="The tab spins, and what waits for the load event never runs.",
    remedy="Find the request that hangs in the browser's network panel; load what is not needed at first with "
    "loading=lazy or after the load event.",
    references=["HTML standard §13.2.7"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def load_unfinished(smoke: Smoke) -> Iterator[Shortfall]:
    """The load event within `smoke.timeout`. What the page shows is judged all the same."""
    return by_place(
        arrived(smoke),
        lambda view: [] if view.loaded else [("the load event within `smoke.timeout`", "none")],
    )
