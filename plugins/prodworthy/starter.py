"""The first files of a team that begins: targets.toml and a thin verify/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

TARGETS = """\
# The places where the app lives, and what is expected of each. `prodworthy schema` prints what is allowed.
# Secrets are never written here: {{ env = "NAME" }} names an environment variable.

[targets.prod]
url = "{url}"
pages = ["/"]
# identity = {{ path = "/version.json", pointer = "/commit" }}     # which build is it? ties a verdict to a commit

# [targets.prod.vercel]               # which deployment is judged; prodworthy list, rollback, ...
# project = "prj_123"
# team = "team_456"                   # not for a personal account
# token = {{ env = "VERCEL_TOKEN" }}
# protection_bypass = {{ env = "VERCEL_AUTOMATION_BYPASS_SECRET" }}

# [targets.prod.supabase]
# url = "https://abcdefghijklmnopqrst.supabase.co"
# key = {{ env = "SUPABASE_PUBLISHABLE_KEY" }}
# tables = [{{ name = "products", anon = ["select"], min_rows = 1 }}, {{ name = "orders", anon = [] }}]

# [targets.prod.functions.hello]
# request = {{ method = "POST", json = {{ name = "prodworthy" }} }}
# verify_jwt = false

# [targets.prod.budgets]
# initial = "250 kB"
# total = "3 MB"

# [targets.prod.not_applicable]      # only what the app really does not have, with the reason
# supabase = "the app has no back end of its own"
# functions = "the app has no edge functions"

# The build on this machine, before anything is deployed (pip install 'prodworthy[local]'):
# [targets.local]
# pages = ["/"]
# [targets.local.embedded]
# app = "."
"""

OWN_TEST = '''\
"""Flows that only this team knows. The seven checks of prodworthy join by themselves.

Any test that takes `target` and `page` counts: a failed expectation is a finding, severity high.
"""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def test_the_home_page_has_a_title(target, page: Page) -> None:
    page.goto(target.url)
    expect(page).to_have_title(re.compile(r"\\S"))
'''


def write(folder: Path, url: str | None) -> Iterator[tuple[Path, bool]]:
    """Write what is not there yet; yields each path and whether it was written."""
    yield _write(folder / "targets.toml", TARGETS.format(url=url or "https://shop.example.com"))
    yield _write(folder / "verify" / "test_own_flows.py", OWN_TEST)


def _write(path: Path, text: str) -> tuple[Path, bool]:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return path, False
    return path, True
