"""Copies of the storefront, each broken in one way, and the rules that must say so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STOREFRONT = ROOT / "examples" / "storefront"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a release goes wrong."""

    name: str  # also the target's
    inflict: Callable[[Path], None]  # on a copy of the storefront
    check: str  # the one check that fails
    must: frozenset[str]  # rules that report it
    may: frozenset[str] = frozenset()  # others of the same check that it entails


def copy(folder: Path) -> Path:
    """A copy that can be built again; the dependencies are shared."""
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(STOREFRONT, folder, ignore=ignored)
    (folder / "node_modules").symlink_to(STOREFRONT / "node_modules")
    return folder


def targets(folders: dict[str, Path]) -> str:
    """The checkout's own target, once for each copy."""
    own = (ROOT / "targets.toml").read_text(encoding="utf-8")
    return "\n".join(
        own.replace("targets.local", f"targets.{name}").replace("examples/storefront", str(folder))
        for name, folder in folders.items()
    )


def edit(path: Path, old: str, new: str) -> None:
    """Replace one piece of text that is really there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} does not hold {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def build(app: Path) -> None:
    subprocess.run(["npm", "run", "--silent", "build"], cwd=app, check=True, capture_output=True, env=dict(os.environ))


def delete_a_chunk(app: Path) -> None:
    """One that no page loads at first: only somebody who follows every import notices."""
    chunk = next(path for path in sorted((app / "dist/assets").glob("*.js")) if path.name.startswith(("fi-", "sv-")))
    chunk.unlink()


def drop_the_policy(app: Path) -> None:
    config = json.loads((app / "vercel.json").read_text())
    for block in config["headers"]:
        block["headers"] = [each for each in block["headers"] if each["key"] != "content-security-policy"]
    (app / "vercel.json").write_text(json.dumps(config))


def throw_at_the_start(app: Path) -> None:
    main = app / "src/main.ts"
    main.write_text(f"throw new Error('broken release')\n{main.read_text()}")
    build(app)


def add_a_megabyte(app: Path) -> None:
    """Text that does not compress, as a bundled image or data set would not."""
    filling = os.urandom(500_000).hex()
    main = app / "src/main.ts"
    main.write_text(f"{main.read_text()}\n;(globalThis as unknown as {{ filling: string }}).filling = '{filling}'\n")
    build(app)


def turn_row_security_off(app: Path) -> None:
    migration = app / "supabase/migrations/20260301000000_open.sql"
    migration.write_text("alter table public.supplier_prices disable row level security;\n")


def open_a_private_table(app: Path) -> None:
    migration = app / "supabase/migrations/20260301000000_open.sql"
    migration.write_text(
        "alter table public.supplier_prices disable row level security;\n"
        "grant select on public.supplier_prices to anon;\n"
    )


def break_a_function(app: Path) -> None:
    function = app / "supabase/functions/quote/index.ts"
    function.write_text(
        "import { serve } from '../_shared/http.ts'\nserve('POST', () => { throw new Error('broken release') })\n"
    )


def break_the_markup(app: Path) -> None:
    edit(app / "dist/index.html", "<body>", "<body><p><div id=twice></p><div id=twice></div>")
