"""What a run leaves in its folder, written so that a reader never sees half of it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from prodworthy import __version__
from prodworthy.model.hosting import Deployment, Served
from prodworthy.model.run import Run
from prodworthy.model.verdict import CheckResult, Verdict
from prodworthy.plain import to_plain

FORMAT = 1


def write_verdict(run: Run, verdict: Verdict, code: int) -> Path:
    """`<run>/<target>/verdict.json`; fits `schema()`."""
    path = run.folder / verdict.target / "verdict.json"
    _write(path, json.dumps(as_json(run, verdict, code), indent=2, ensure_ascii=False) + "\n")
    return path


def point_latest(folder: Path) -> None:
    """Let `latest`, beside the run's folder, lead to it; where links are not allowed, a text file holds its name."""
    latest = folder.parent / "latest"
    aside = folder.parent / f".latest-{folder.name}"
    try:
        aside.symlink_to(folder.name, target_is_directory=True)
        aside.replace(latest)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink()
        _write(latest.with_suffix(".txt"), f"{folder.name}\n")


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of verdict.json."""
    text = files("prodworthy.reporting").joinpath("verdict.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def as_json(run: Run, verdict: Verdict, code: int) -> dict[str, Any]:
    """The verdict of one target as the file holds it."""
    return {
        "format": FORMAT,
        "prodworthy": __version__,
        "run": run.id,
        "target": verdict.target,
        "url": verdict.url,
        "stage": verdict.stage,
        "subject": verdict.subject,
        "deployment": _deployment(verdict.binding.deployment),
        "served": {
            "before": [_served(each) for each in verdict.binding.before],
            "after": [_served(each) for each in verdict.binding.after],
        },
        "gate": verdict.gate,
        "verdict": verdict.result,
        "exit_code": code,
        "reasons": list(verdict.reasons),
        "started": verdict.started.isoformat(),
        "ended": verdict.ended.isoformat(),
        "duration": round((verdict.ended - verdict.started).total_seconds(), 3),
        "checks": [_check(check) for check in verdict.checks],
        "own": to_plain(verdict.own),
        "upkeep": to_plain(verdict.upkeep),
        "gaps": to_plain(verdict.gaps),
        "standing": to_plain(verdict.standing),
    }


def _deployment(judged: Deployment | None) -> dict[str, Any] | None:
    if judged is None:
        return None
    return {
        "id": judged.id,
        "url": judged.url,
        "project": judged.project,
        "commit": judged.commit,
        "branch": judged.branch,
        "message": judged.message,
        "author": judged.author,
        "created": judged.created.isoformat(),
        "environment": judged.environment,
        "source": judged.source,
    }


def _served(served: Served) -> dict[str, Any]:
    return {
        "domain": served.domain,
        "deployment": served.deployment,
        "stamps": list(served.stamps),
        "leads_to": served.leads_to,
        "trouble": served.trouble,
    }


def _check(check: CheckResult) -> dict[str, Any]:
    found: dict[str, int] = dict.fromkeys(check.rules, 0)
    for finding in check.findings:
        found[finding.rule] = found.get(finding.rule, 0) + 1
    return {
        "check": check.check,
        "title": check.title,
        "result": check.result,
        "reason": check.reason,
        "rules": [{"rule": rule, "findings": number} for rule, number in found.items()],
        "findings": to_plain(check.findings),
        "gaps": to_plain(check.gaps),
        "measured": to_plain(check.measured),
        "not_asked": list(check.not_asked),
        "tests": _tests(check),
        "looked": round(check.looked, 3),
    }


def _tests(check: CheckResult) -> Sequence[dict[str, Any]]:
    return [
        {"title": each.title, "state": each.state, "reason": each.reason, "duration": round(each.duration, 3)}
        for each in check.questions
    ]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
