"""What can be broken in a copy of the storefront, each in one declarative line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.spoiled import FILE

ROOT = Path(__file__).parents[2]
STOREFRONT = ROOT / "examples" / "storefront"
PARTS = ("dist", "supabase", "schemas", "vercel.json", ".env")
LAST = 99990101000000  # migrations of faults come after the storefront's own

Table = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Copy:
    """A copy of the storefront, and the target that describes it."""

    folder: Path
    table: Table  # of targets.toml
    spoils: dict[str, list[Table]] = field(default_factory=dict)
    migrations: int = 0

    def path(self, name: str) -> Path:
        """A file of the copy that is really there."""
        found = self.folder / name
        assert found.is_file(), f"the storefront has no {name}"
        return found


Break = Callable[[Copy], None]


def copied(folder: Path, table: Table) -> Copy:
    """A sound copy."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = STOREFRONT / part
        if source.is_dir():
            shutil.copytree(source, folder / part)
        else:
            shutil.copy(source, folder / part)
    return Copy(folder=folder, table=table)


def replace(path: str, old: str, new: str) -> Break:
    """One piece of text in a file (the first of a pattern such as dist/assets/index-*.js), wherever it stands in it."""

    def inflict(copy: Copy) -> None:
        file = _matching(copy, path)[0]
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    return inflict


def write(path: str, text: str | bytes) -> Break:
    """A file, new or instead of what is there."""

    def inflict(copy: Copy) -> None:
        place = copy.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)

    return inflict


def append(path: str, text: str) -> Break:
    """Text at the end of a file."""

    def inflict(copy: Copy) -> None:
        file = _matching(copy, path)[0]
        file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")

    return inflict


def remove(pattern: str) -> Break:
    """The files of a pattern, of which there is at least one."""

    def inflict(copy: Copy) -> None:
        for file in _matching(copy, pattern):
            file.unlink()

    return inflict


def header(name: str, value: str | None, at: str = "/(.*)") -> Break:
    """A field in vercel.json; None leaves it out."""

    def inflict(copy: Copy) -> None:
        config = _config(copy)
        blocks = config["headers"]
        block = next((each for each in blocks if each["source"] == at), None)
        if block is None:
            blocks.append(block := {"source": at, "headers": []})
        kept = [each for each in block["headers"] if each["key"].lower() != name.lower()]
        assert value is not None or len(kept) < len(block["headers"]), f"{at} does not set {name}"
        block["headers"] = kept if value is None else [*kept, {"key": name, "value": value}]
        _configure(copy, {**config, "headers": [each for each in blocks if each["headers"]]})

    return inflict


def config(**keys: Any) -> Break:
    """Keys of vercel.json; lists are put before what is there."""

    def inflict(copy: Copy) -> None:
        now = _config(copy)
        for key, value in keys.items():
            now[key] = [*value, *now.get(key, [])] if isinstance(value, list) else value
        _configure(copy, now)

    return inflict


def sql(*statements: str) -> Break:
    """One more migration."""

    def inflict(copy: Copy) -> None:
        copy.migrations += 1
        name = f"{LAST + copy.migrations}_fault.sql"
        (copy.folder / "supabase" / "migrations" / name).write_text(";\n".join(statements) + ";\n")

    return inflict


def function(name: str, source: str) -> Break:
    """The whole source of an edge function."""
    return write(f"supabase/functions/{name}/index.ts", source)


def expects(**table: Any) -> Break:
    """Changes to the target's table: tables are merged, lists replaced, None takes a key away."""

    def inflict(copy: Copy) -> None:
        copy.table = merged(copy.table, table)

    return inflict


def answer(**spoil: Any) -> Break:
    """What becomes of matching answers: the fields of `spoiled.Answering`."""
    return _spoil("answers", spoil)


def certificate(host: str = "storefront.test", **spoil: Any) -> Break:
    """What a domain presents: the fields of `spoiled.Presenting`."""
    return _spoil("certificates", {"host": host, **spoil})


def plain(host: str = "storefront.test", *, serves: bool = False, closed: bool = False) -> Break:
    """Port 80 of a domain: nothing listens, or the app is served without redirecting."""
    assert serves != closed
    return _spoil("plain", {"host": host, "serves": serves})


def merged(table: Table, changes: Table) -> Table:
    """`table` with `changes`: deep for tables, None takes away."""
    after = dict(table)
    for key, value in changes.items():
        if value is None:
            after.pop(key, None)
        elif isinstance(value, dict) and isinstance(after.get(key), dict):
            after[key] = merged(after[key], value)
        else:
            after[key] = merged({}, value) if isinstance(value, dict) else value
    return after


def _spoil(kind: str, spoil: Table) -> Break:
    def inflict(copy: Copy) -> None:
        copy.spoils.setdefault(kind, []).append(spoil)
        (copy.folder / FILE).write_text(json.dumps(copy.spoils))

    return inflict


def _config(copy: Copy) -> Table:
    read: Table = json.loads((copy.folder / "vercel.json").read_text())
    return read


def _configure(copy: Copy, config: Table) -> None:
    (copy.folder / "vercel.json").write_text(json.dumps(config))


def _matching(copy: Copy, pattern: str) -> list[Path]:
    found = sorted(copy.folder.glob(pattern))
    assert found, f"the storefront has no {pattern}"
    return found
