"""The rules as people read them: one explained in the terminal, all of them as the page docs/rules.md.

`python -m prodworthy.rulebook` prints that page; a test fails when the one in docs/ is another.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from prodworthy.model import CHECKS, Cure, Rule, Subject
from prodworthy.review.catalogue import every_rule

WIDTH = 110
INDENT = 11
SUBJECTS = {
    Subject.DEPLOYMENT: "the build, wherever it is served",
    Subject.DOMAIN: "an address",
}
CURES = {
    Cure.ROLLBACK: "serving the previous build would end it",
    Cure.NONE: "nothing that the host can serve ends it",
}
_WRAPPER = partial(
    textwrap.TextWrapper,
    width=WIDTH,
    subsequent_indent=" " * INDENT,
    break_on_hyphens=False,
    break_long_words=False,
)

HEAD = """\
# The rules

Generated from the code by `python -m prodworthy.rulebook`; do not edit. `prodworthy rules` lists them,
`prodworthy explain <rule>` shows one.

A finding fails a run from the target's gate on (default: medium). How a rule counts can be changed for a target, and
a finding accepted for a while, always with a reason: see [targets.md](targets.md). *Subject* says what a finding is
true of, *cure* whether a rollback would end it; *controls* are the families of NIST SP 800-53, revision 5, that
evidence of the rule supports.
"""


def as_json(rule: Rule[Any]) -> dict[str, Any]:
    """Everything about a rule, for scripts."""
    return {
        "id": rule.id,
        "check": rule.check,
        "title": rule.title,
        "severity": rule.severity,
        "reason": rule.reason,
        "remedy": rule.remedy,
        "references": list(rule.references),
        "controls": [control.name for control in rule.controls],
        "subject": rule.subject,
        "cure": rule.cure,
    }


def as_text(rule: Rule[Any]) -> str:
    """One rule, explained in the terminal."""
    lines = [f"{rule.id} ({rule.severity})", rule.title, ""]
    for name, text in _told(rule):
        lines += _WRAPPER(initial_indent=f"{name:<{INDENT}}").wrap(text)
    return "\n".join(lines)


def page(rules: Iterable[Rule[Any]]) -> str:
    """All rules as one Markdown page, check by check."""
    listed = list(rules)
    titles = {check.name: check.title for check in CHECKS} | {"waivers": "Waivers"}
    parts = [HEAD]
    for check, title in titles.items():
        mine = [rule for rule in listed if rule.check == check]
        parts.append(f"## {title} ({len(mine)})\n")
        parts += [_section(rule) for rule in mine]
    return "\n".join(parts)


def _told(rule: Rule[Any]) -> Iterator[tuple[str, str]]:
    yield "why", rule.reason
    yield "remedy", rule.remedy
    for number, reference in enumerate(rule.references):
        yield "see" if number == 0 else "", reference
    yield "controls", ", ".join(f"{control.name} ({control})" for control in rule.controls)
    yield "subject", SUBJECTS[rule.subject]
    yield "cure", CURES[rule.cure]
    yield "change", "[targets.<name>.rules]"
    yield "", f'"{rule.id}" = {{ severity = "low", reason = "..." }}'


def _section(rule: Rule[Any]) -> str:
    references = "; ".join(_linked(each) for each in rule.references)
    controls = ", ".join(control.name for control in rule.controls)
    return (
        f"### {rule.id}\n\n**{_plain(rule.title)}** · {rule.severity} · subject: {rule.subject} · cure: {rule.cure} · "
        f"controls: {controls}\n\n{_plain(rule.reason)}\n\n*Remedy:* {_plain(rule.remedy)}\n\n*See:* {references}\n"
    )


def _plain(text: str) -> str:
    """Markdown's own characters, but code that a rule marks as such."""
    parts = text.split("`")
    escaped = [part if number % 2 else _escaped(part) for number, part in enumerate(parts)]
    return "`".join(escaped)


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\*_<>[]" else character for character in text)


def _linked(reference: str) -> str:
    return f"<{reference}>" if reference.startswith("https://") else _plain(reference)


if __name__ == "__main__":
    print(page(every_rule()), end="")  # noqa: T201
