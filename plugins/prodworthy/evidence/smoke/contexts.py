"""Browser contexts: one a viewport, as somebody's own browser would be on a desk, on a phone, and in the dark."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from playwright.sync_api import Browser, BrowserContext, Error
from playwright.sync_api import Page as Tab

from prodworthy.evidence.passes import Pass
from prodworthy.evidence.smoke import scripts
from prodworthy.model import Browsing

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam

DARK = " dark"  # after the viewport's name


def names(browsing: Browsing) -> tuple[str, ...]:
    """What every page is looked at in; the first viewport again in the dark, when the app has a dark mode."""
    dark = (f"{browsing.viewports[0]}{DARK}",) if browsing.dark else ()
    return (*browsing.viewports, *dark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A browser, and what lets it through to the target."""

    browser: Browser
    passes: tuple[Pass, ...] = ()

    def context(self, name: str, leaving: contextlib.ExitStack, **more: Any) -> BrowserContext:
        """A context of that name, without a past; closed when `leaving` is."""
        options: dict[str, Any] = {
            "accept_downloads": False,
            "color_scheme": "dark" if name.endswith(DARK) else "light",
        }
        options |= _screen(self.browser, name.removesuffix(DARK))
        context = self.browser.new_context(**options, **more)
        leaving.callback(close, context)
        admit(context, self.passes)
        context.add_init_script(scripts.watch())
        return context


def admit(context: BrowserContext, passes: Iterable[Pass]) -> None:
    """Let a context through deployment protection."""
    if cookies := [cast("SetCookieParam", each.as_cookie()) for each in passes]:
        context.add_cookies(cookies)


def close(*things: BrowserContext | Tab) -> None:
    """Close what still can be closed."""
    for thing in things:
        with contextlib.suppress(Error):
            thing.close()


def _screen(browser: Browser, viewport: str) -> dict[str, Any]:
    if viewport == "desktop":
        return {"viewport": {"width": 1280, "height": 800}}
    chromium = browser.browser_type.name == "chromium"
    return {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "has_touch": True,
        "is_mobile": chromium or None,  # Firefox cannot
        "user_agent": _phone(browser) if chromium else None,
    }


def _phone(browser: Browser) -> str:
    """What Chrome says of itself on every Android phone: https://www.chromium.org/updates/ua-reduction/."""
    major = browser.version.partition(".")[0]
    return (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{major}.0.0.0 Mobile Safari/537.36"
    )
