"""A team's repository: a small sound app, its targets file, and prodworthy installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Kiosk</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="A kiosk that sells one thing">
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/assets/index-Ck0a1b2C.css">
<script type="module" src="/assets/index-Dk3s9aQx.js"></script>
</head>
<body>
<main><h1>Kiosk</h1><p>One thing, well made.</p><p id="more"></p></main>
</body>
</html>
"""
MISSING = PAGE.replace("<h1>Kiosk</h1>", "<h1>Not here</h1>")
ENTRY = 'import("./more-B1x2y3Z4.js").then((more) => { document.getElementById("more").textContent = more.text })\n'
MORE = 'export const text = "And another."\n'
STYLE = "body { font-family: sans-serif; margin: 2rem; color: #222; background: #fff }\n"
ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>\n'

HEADERS = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; upgrade-insecure-requests",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
TARGETS = """\
[targets.kiosk]
pages = [{ path = "/", text = "And another." }]
identity = { path = "/version.json" }

[targets.kiosk.embedded]
app = "."

[targets.kiosk.not_applicable]
supabase = "the kiosk has no back end"
functions = "the kiosk has no functions"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run of pytest that is over."""

    code: int
    output: str
    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "reports" / "latest"

    def verdict(self, target: str = "kiosk") -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.run / target / "verdict.json").read_text())
        return loaded

    def rules(self, target: str = "kiosk") -> set[str]:
        """Ids of the rules that found something."""
        return {f["rule"] for check in self.verdict(target)["checks"] for f in check["findings"]}

    def results(self, target: str = "kiosk") -> dict[str, str]:
        return {check["check"]: check["result"] for check in self.verdict(target)["checks"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Where the repository is, and how pytest is started in it."""

    folder: Path
    site: Path

    def write(self, path: str, text: str) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return place

    def headers(self, **instead: str | None) -> None:
        """Write vercel.json with the sound headers, some of them replaced or left out."""
        fields = HEADERS | {name.replace("_", "-"): value for name, value in instead.items()}
        listed = [{"key": name, "value": value} for name, value in fields.items() if value is not None]
        assets = [{"key": "cache-control", "value": "public, max-age=31536000, immutable"}]
        config = {
            "headers": [{"source": "/(.*)", "headers": listed}, {"source": "/assets/(.*)", "headers": assets}],
            "cleanUrls": True,
        }
        self.write("vercel.json", json.dumps(config))

    def pytest(self, *args: str, environment: Mapping[str, str] | None = None) -> Ended:
        process = self.start(*args, environment=environment)
        output, _ = process.communicate(timeout=300)
        return Ended(code=process.returncode, output=output, folder=self.folder)

    def start(
        self, *args: str, environment: Mapping[str, str] | None = None, deaf: bool = False
    ) -> subprocess.Popen[str]:
        """`deaf`: with SIGINT ignored, as a shell starts what it runs in the background."""
        background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"] if deaf else []
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.Popen(
            [*background, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args],
            cwd=self.folder,
            env=inherited | {"PYTHONPATH": str(self.site), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
