"""Does every declared page show what it is for?"""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.smoke import Smoke, View
from prodworthy.review.rules import rule
from prodworthy.review.smoke.sights import Told, arrived, by_place, rendered, shown


@rule(
    "smoke.blank-page",
    title="Every declared page shows something",
    severity=Severity.CRITICAL,
    reason="A blank page is an outage, whatever the status says.",
    remedy="Open the page with the browser's console: usually the entry script failed to load or threw before it "
    "rendered (see smoke.uncaught-exception and bundle.chunk-missing for the same page).",
    references=["web.dev: First Contentful Paint"],
)
def blank_page(smoke: Smoke) -> Iterator[Shortfall]:
    """No visible text, picture or control ten seconds after the network fell silent, or `smoke.timeout` if less."""

    def told(view: View) -> Iterator[Told]:
        if view.responsive and view.blank:
            cause = f"; {view.exceptions[0]}" if view.exceptions else ""
            yield "text, a picture or a control that is visible", f"nothing{cause}"

    return by_place(arrived(smoke), told)


@rule(
    "smoke.text-missing",
    title="Every declared page shows its declared text",
    severity=Severity.CRITICAL,
    reason="The page loads, but not what it is for.",
    remedy="Look at the screenshot. If the page is right and its words have changed, change `text` in the targets "
    "file.",
    references=["Playwright: getByText, visibility"],
)
def text_missing(smoke: Smoke) -> Iterator[Shortfall]:
    """The text is searched without regard to case and runs of white space."""

    def told(view: View) -> Iterator[Told]:
        if view.text_seen is False:
            yield f"the text “{view.page.text}”", shown(view)

    return by_place(rendered(smoke), told)


@rule(
    "smoke.role-missing",
    title="Every declared page shows an element of its declared role",
    severity=Severity.CRITICAL,
    reason="The page loads, but what people work with is not there.",
    remedy="Look at the screenshot. If the page is right, give the element its role by the right HTML element "
    "(<main>, <nav>, <table>), or change `role` in the targets file.",
    references=["WAI-ARIA 1.2 §5.3", "HTML-AAM 1.0 §3"],
)
def role_missing(smoke: Smoke) -> Iterator[Shortfall]:
    """Roles as assistive technology sees them: implicit ones count, hidden elements do not."""

    def told(view: View) -> Iterator[Told]:
        if view.role_seen is False:
            yield f"a visible element with the role {view.page.role}", shown(view)

    return by_place(rendered(smoke), told)


@rule(
    "smoke.title-unexpected",
    title="Every declared page has its declared title once rendered",
    severity=Severity.MEDIUM,
    reason="Tabs, bookmarks, history and screen readers name the page by its title.",
    remedy="Set document.title when the route changes, or change `title` in the targets file.",
    references=["WCAG 2.2 SC 2.4.2", "HTML standard §4.2.2"],
)
def title_unexpected(smoke: Smoke) -> Iterator[Shortfall]:
    """The whole title is compared, white space aside."""

    def told(view: View) -> Iterator[Told]:
        wanted = " ".join((view.page.title or "").split())
        if wanted and view.title != wanted:
            yield f"the title “{wanted}”", f"“{view.title}”" if view.title else "no title"

    return by_place(rendered(smoke), told)


@rule(
    "smoke.title-missing",
    title="Every declared page has a title once rendered",
    severity=Severity.LOW,
    reason="Tabs, bookmarks, history and screen readers name the page by its title.",
    remedy="Put a <title> into index.html, and set document.title when the route changes.",
    references=["WCAG 2.2 SC 2.4.2", "HTML standard §4.2.2"],
)
def title_missing(smoke: Smoke) -> Iterator[Shortfall]:
    """For pages that declare no title of their own."""
    return by_place(
        rendered(smoke),
        lambda view: [] if view.title or view.page.title else [("a title", "none")],
    )


@rule(
    "smoke.dark-missing",
    title="Every declared page is dark for those who want it so",
    severity=Severity.MEDIUM,
    reason="People who have set their system to dark are blinded by a page that stays bright, in the dark above all.",
    remedy="Give the colours under @media (prefers-color-scheme: dark), with color-scheme: light dark on the root; or "
    "take `dark` out of [targets.x.smoke].",
    references=["MDN: prefers-color-scheme", "CSS Color Adjustment Module Level 1 §2"],
)
def dark_missing(smoke: Smoke) -> Iterator[Shortfall]:
    """What lies behind most of nine points of the viewport, pictures aside; only with `smoke.dark`."""
    return by_place(
        (view for view in rendered(smoke) if view.viewport.endswith("dark")),
        lambda view: [("a dark ground", "a bright one")] if view.dark is False else [],
    )
