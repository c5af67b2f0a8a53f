"""Strangers' text cannot move a cursor, a colour or a line, and stays what it says."""

from __future__ import annotations

import pytest

from prodworthy.model import Cure, Rule, Severity, Shortfall, Subject
from prodworthy.model.text import clean, lines, one_line, spaced

CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0xD800, 0xDFFF, 0x61C, 0x200E, 0x202A, 0x202E, 0x2066, 0x2069]


@pytest.mark.parametrize("code", CONTROLS, ids="U+{:04X}".format)
def test_no_control_character_gets_through(code: int) -> None:
    text = f"a{chr(code)}b"
    assert (spaced(text), one_line(text), clean(text)) == ("a b", "a b", "a b")
    assert lines(text) == (text if chr(code) in "\t\n" else "a\N{REPLACEMENT CHARACTER}b")


@pytest.mark.parametrize("text", ["", "plain", "Grüße, 你好 👩‍💻 e\u0301", "<b> & “x”", "שלום مرحبا"])
def test_every_other_character_stays(text: str) -> None:
    assert spaced(text) == lines(text) == one_line(text) == text


def test_lines_stay_lines_and_colours_go() -> None:
    assert lines("\x1b[31;1mred\x1b[0m\r\nnext\n") == "red\nnext\n"


def test_what_is_too_long_is_cut_and_says_so() -> None:
    assert clean("a" * 240) == "a" * 240
    assert clean(f"  {'a' * 10_000_000}", 5) == "aaaa…"


def test_what_a_finding_quotes_cannot_begin_a_line_of_its_own() -> None:
    rule = Rule(
        id="health.made-up",
        title="It is sound",
        severity=Severity.HIGH,
        reason="So",
        remedy="one\ntwo",
        references=(),
        subject=Subject.DEPLOYMENT,
        cure=Cure.NONE,
        controls=(),
        judge=lambda said: [Shortfall(said, said, said)],
    )
    (finding,) = rule("x\r\nkiosk: PASS\x1b[2J")
    assert (finding.where, finding.wanted, finding.got) == ("x kiosk: PASS [2J",) * 3
    assert finding.remedy == "one\ntwo"
