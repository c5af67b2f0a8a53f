"""Header sets labelled by hand: every fault is caught, and no sound set is called broken."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodworthy.model import Answer, Finding, Severity
from prodworthy.model.surface import Kind, Served, Surface
from prodworthy.review import headers

LABELLED = tomllib.loads((Path(__file__).parent / "labelled.toml").read_text(encoding="utf-8"))
SOUND: dict[str, str] = LABELLED["sound"]
NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
PAGE = b"<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title></head><body>Hello</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """A sound set with a mistake, and what must be said of it."""

    name: str
    base: str
    lines: list[str]
    must: str
    may: str = ""

    @property
    def text(self) -> str:
        """The set as it crosses the wire."""
        changed = {_name(line) for line in self.lines if not line.startswith("+")}
        kept = [line for line in SOUND[self.base].splitlines() if _name(line) not in changed]
        return "\n".join([*kept, *(line.lstrip("+") for line in self.lines if not line.startswith("-"))])


FAULTY = [Faulty(**table) for table in LABELLED["faulty"]]


def _name(line: str) -> str:
    return line.lstrip("+-").partition(":")[0].strip().lower()


def judged(text: str) -> list[Finding]:
    """What is said of a page that comes with these header lines."""
    pairs = (line.split(":", 1) for line in text.splitlines())
    fields = tuple((name.strip().lower(), value.strip()) for name, value in pairs)
    answer = Answer(status=200, http="HTTP/2", fields=fields, body=PAGE, received=NOW)
    return headers.everything(Surface(served=(Served(url="https://example.com/", kind=Kind.PAGE, answer=answer),)))


def failing(found: list[Finding]) -> set[str]:
    return {each.rule.removeprefix("headers.") for each in found if each.severity.reaches(Severity.MEDIUM)}


def is_caught(fault: Faulty) -> bool:
    return set(fault.must.split()) <= {each.rule.removeprefix("headers.") for each in judged(fault.text)}


@pytest.mark.parametrize("fault", FAULTY, ids=lambda fault: fault.name)
def test_a_fault_is_told_and_nothing_else_is_called_broken(fault: Faulty) -> None:
    assert is_caught(fault), sorted(each.rule for each in judged(fault.text))
    assert failing(judged(fault.text)) <= set(f"{fault.must} {fault.may}".split())


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_set_is_not_called_broken(name: str) -> None:
    assert failing(judged(SOUND[name])) == set(), "\n".join(map(str, judged(SOUND[name])))


def test_all_faults_are_caught_and_all_sound_sets_pass(record_property: Callable[[str, object], None]) -> None:
    caught = sum(map(is_caught, FAULTY))
    passed = sum(not failing(judged(text)) for text in SOUND.values())
    record_property(
        "counted", f"labelled header sets: {caught} of {len(FAULTY)} faults caught, {passed} of {len(SOUND)} passed"
    )
    assert (caught, passed) == (len(FAULTY), len(SOUND))
    assert len({fault.name for fault in FAULTY}) == len(FAULTY) >= 60
    assert len(SOUND) >= 30
