"""The verdict as the top of the HTML report. Everything that a target said is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from prodworthy import __version__
from prodworthy.model import Finding
from prodworthy.model.run import Run
from prodworthy.model.verdict import Binding, CheckResult, Question, Result, State, Verdict
from prodworthy.model.wording import counted
from prodworthy.reporting.domains import served
from prodworthy.reporting.grouping import Group, Hidden, grouped, hidden
from prodworthy.reporting.terminal import OWN
from prodworthy.reporting.treemap import Tile, treemap

LINE = "\n"
REASONS = 4  # of each target in the overview
STYLESHEET = Path(__file__).with_name("page.css")
WORDS = {Result.PASS: "pass", Result.FAIL: "fail", Result.INCONCLUSIVE: "inconclusive", Result.NOT_APPLICABLE: "na"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A screenshot for the report."""

    caption: str
    media_type: str
    base64: str


def verdicts(
    run: Run,
    judged: Sequence[Verdict],
    pictures: Mapping[str, Sequence[Picture]],
    tiles: Mapping[str, Sequence[Tile]] | None = None,
) -> str:
    """All targets of a run: an overview when there are several, then each in full."""
    maps = {name: treemap(each, shown=len(judged) == 1) for name, each in (tiles or {}).items()}
    overview = _overview(judged) if len(judged) > 1 else ""
    alone = len(judged) == 1
    each = "".join(
        _verdict(verdict, maps.get(verdict.target, "") + _gallery(pictures.get(verdict.target, ()), shown=alone))
        for verdict in judged
    )
    return f'<div class="pw">{overview}{each}{_footer(run)}</div>'


def name_cell(nodeid: str, when: str) -> str:
    """The name of a test in the table of all tests."""
    name = nodeid if when == "call" else f"{nodeid}::{when}"
    return f'<td class="col-testId">{escape(name)}</td>'


def reason(text: str) -> str:
    """Why a test was skipped."""
    return f'<div class="log">{escape(text)}</div>'


def _at_the_end(before: str, after: str) -> str:
    return "the same" if after == before else after or "not looked at"


def _overview(judged: Iterable[Verdict]) -> str:
    rows = "".join(
        f'<tr class="pw-{WORDS[each.result]}"><th scope="row"><a href="#target-{escape(each.target)}">'
        f"{escape(each.target)}</a></th><td>{_badge(each.result)}</td><td>{escape(each.url)}</td>"
        f"<td>{'<br>'.join(escape(reason.partition(LINE)[0]) for reason in _some(each.reasons))}</td></tr>"
        for each in judged
    )
    head = '<tr><th scope="col">target</th><th scope="col">verdict</th><th scope="col">address</th>'
    return f'<table class="pw-overview"><thead>{head}<th scope="col">why</th></tr></thead><tbody>{rows}</tbody></table>'


def _some(reasons: Sequence[str]) -> Sequence[str]:
    return reasons if len(reasons) <= REASONS else [*reasons[:REASONS], f"and {len(reasons) - REASONS} more"]


def _verdict(verdict: Verdict, gallery: str) -> str:
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in verdict.reasons)
    seconds = (verdict.ended - verdict.started).total_seconds()
    cards = "" if verdict.impossible else _cards(verdict)
    return (
        f'<section class="pw-verdict" id="target-{escape(verdict.target)}">'
        f'<header class="pw-banner pw-{WORDS[verdict.result]}"><h2>{escape(verdict.target)} '
        f"{_badge(verdict.result)}</h2><p>{escape(verdict.subject)}</p><ul>{reasons}</ul>"
        f"{_served(verdict.binding)}"
        f"<p class='pw-facts'>stage {escape(verdict.stage)} · gate {escape(verdict.gate)} · "
        f"{verdict.ended:%Y-%m-%d %H:%M:%S} UTC · {seconds:.1f} s</p></header>"
        f'<div class="pw-cards">{cards}</div>{gallery}</section>'
    )


def _cards(verdict: Verdict) -> str:
    cards = "".join(_card(check) for check in verdict.checks)
    own = _own(verdict.own) if verdict.own else ""
    return cards + own + (_upkeep(verdict.upkeep) if verdict.upkeep else "")


def _served(binding: Binding) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(domain)}</th><td>{escape(before or "not looked at")}</td>'
        f"<td>{escape(_at_the_end(before, after))}</td></tr>"
        for domain, before, after in served(binding)
    )
    if not rows:
        return ""
    names = ("domain", "served at the beginning", "at the end")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    state = " open" if binding.mixed else ""
    return (
        f'<details class="pw-served"{state}><summary>What every domain served</summary>'
        f'<table class="pw-overview"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>'
    )


def _card(check: CheckResult) -> str:
    facts = [counted(len(check.rules), "rule"), counted(len(check.questions), "test"), f"looked {check.looked:.1f} s"]
    if check.findings:
        facts.insert(0, counted(len(check.findings), "finding"))
    body = "".join(map(_finding, grouped(check.findings))) + "".join(map(_gap, hidden(check.gaps)))
    reason = f"<p>{escape(check.reason)}</p>" if check.reason and not check.gaps else ""
    rules = "".join(f"<li>{escape(rule)}</li>" for rule in check.rules)
    measured = "".join(f"<tr><td>{escape(each.what)}</td><td>{escape(str(each))}</td></tr>" for each in check.measured)
    numbers = f"<details><summary>measured</summary><table>{measured}</table></details>" if measured else ""
    left_out = "".join(f'<p class="pw-facts">not asked: {escape(each)}</p>' for each in check.not_asked)
    listed = f"<details><summary>rules asked</summary><ul class='pw-rules'>{rules}</ul></details>" if rules else ""
    return (
        f'<article class="pw-card pw-{WORDS[check.result]}"><h3>{escape(check.title)} {_badge(check.result)}</h3>'
        f'<p class="pw-facts">{" · ".join(facts)}</p>{reason}{body}{left_out}{numbers}{listed}</article>'
    )


def _own(questions: Sequence[Question]) -> str:
    worst = next(
        (state for state in (State.BROKEN, State.UNOBSERVED) if any(q.state is state for q in questions)), None
    )
    tone = WORDS[OWN.get(worst, Result.PASS)] if worst else WORDS[Result.PASS]
    rows = "".join(map(_own_row, questions))
    return f'<article class="pw-card pw-{tone}"><h3>The team\'s own tests</h3><ul class="pw-own">{rows}</ul></article>'


def _upkeep(findings: Sequence[Finding]) -> str:
    body = "".join(map(_finding, grouped(findings)))
    return f'<article class="pw-card pw-{WORDS[Result.PASS]}"><h3>Waivers</h3>{body}</article>'


def _own_row(question: Question) -> str:
    result = OWN.get(question.state, Result.PASS)
    reason = f": {escape(question.reason)}" if question.reason else ""
    findings = "".join(map(_finding, grouped(question.findings)))
    return f'<li class="pw-{WORDS[result]}">{_badge(result)} {escape(question.title)}{reason}{findings}</li>'


def _finding(group: Group) -> str:
    finding = group.finding
    facts = dict(finding.facts) | {"where": "\n".join(group.where)}
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    waived = ' <span class="pw-severity">waived</span>' if finding.waiver else ""
    return (
        f'<div class="pw-finding{" pw-waived" if finding.waiver else ""}"><h4><code>{escape(finding.rule)}</code> '
        f'<span class="pw-severity">{escape(finding.severity)}</span>{waived}</h4><dl>{rows}</dl></div>'
    )


def _gap(cause: Hidden) -> str:
    things = "<br>".join(escape(each) for each in cause.what)
    return f'<div class="pw-gap"><h4>could not observe {things}</h4><p>{escape(cause.why)}</p></div>'


def _gallery(pictures: Sequence[Picture], *, shown: bool) -> str:
    if not pictures:
        return ""
    figures = "".join(
        f'<figure><img loading="lazy" alt="{escape(each.caption)}" '
        f'src="data:{escape(each.media_type)};base64,{escape(each.base64)}">'
        f"<figcaption>{escape(each.caption)}</figcaption></figure>"
        for each in pictures
    )
    state = " open" if shown else ""
    return (
        f'<details class="pw-gallery"{state}><summary>What the browser showed</summary><div>{figures}</div></details>'
    )


def _badge(result: Result) -> str:
    return f'<span class="pw-badge">{escape(result)}</span>'


def _footer(run: Run) -> str:
    return f'<p class="pw-facts">run {escape(run.id)} · prodworthy {escape(__version__)}</p>'
