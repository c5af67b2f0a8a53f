"""Whether what production serves after a move is sound: the whole suite, in a pytest process of its own.

That process has neither the host's token nor anything else of our environment that was not asked for. It is told which
deployment it judges; that production really served that one, before and after, is looked at here.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import prodworthy
from prodworthy.hosting.proof import closed
from prodworthy.model import Stage, Target
from prodworthy.model.hosting import Bound, JobKind, Moved, Served
from prodworthy.plain import to_plain
from prodworthy.targets.file import find, read

VERIFIED, FAILED, INCONCLUSIVE, INTERRUPTED = 0, 1, 10, 2
STAGES = {JobKind.ROLLBACK: Stage.POST_ROLLBACK, JobKind.PROMOTE: Stage.POST_PROMOTE}
OWN = "verify"  # the folder of a team's own checks
TAIL = 16_000  # bytes of the run's last words that are searched for what it left
PATIENCE = 30.0  # seconds that an interrupted run has to write its report

# what of our environment a verification may know; everything else stays here, the host's token above all
ALLOWED = frozenset(
    (
        "CI", "COLORTERM", "COLUMNS", "CURL_CA_BUNDLE", "FORCE_COLOR", "HOME", "JAVA_HOME", "LANG", "LANGUAGE",
        "LD_LIBRARY_PATH", "LINES", "LOGNAME", "NODE_EXTRA_CA_CERTS", "NO_COLOR", "PATH", "PYTHONPATH", "PYTHONUTF8",
        "REQUESTS_CA_BUNDLE", "SHELL", "TERM", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV",
        "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "all_proxy", "https_proxy", "http_proxy", "no_proxy",
        "JSR_URL", "NPM_CONFIG_REGISTRY",
    )
)  # fmt: skip
FAMILIES = ("DENO_", "LC_", "PLAYWRIGHT_", "SSL_CERT_", "XDG_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What the run came to, together with what was looked at around it."""

    exit_code: int  # VERIFIED, FAILED, INCONCLUSIVE or INTERRUPTED
    said: str  # one sentence
    verdict: str | None = None  # path of verdict.json
    report: str | None = None  # path
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A pytest process that is over."""

    code: int
    last_words: str
    interrupted: bool


def verify(
    target: Target,
    moved: Moved,
    *,
    targets_file: str | None,
    environment: Mapping[str, str],
    look: Callable[[], Sequence[Served]],
    out: BinaryIO | None,
    colour: bool = False,
) -> Verification:
    """Runs the suite, its output going to `out` if there is one; `look` says what every domain serves around it."""
    started = time.monotonic()
    before = look()
    with _bound(moved, before) as binding:
        command = arguments(target.name, STAGES[moved.move.kind], targets_file=targets_file, binding=binding)
        command += ["--color=yes"] if colour else []  # it writes to us, and cannot know
        ended = _run(command, allowed(target, targets_file, environment), out)
    after = () if ended.interrupted else look()
    left = left_behind(ended.last_words)
    code, said = judged(ended, moved, before, after, left)
    return Verification(
        exit_code=code,
        said=said,
        verdict=left.get("verdict"),
        report=left.get("report"),
        seconds=round(time.monotonic() - started, 3),
    )


def arguments(target: str, stage: Stage, *, targets_file: str | None, binding: Path) -> list[str]:
    """The command line; which checks join is for pytest's own face to say, as ever.

    A team's folder is named, so that what it has for tests of another kind is not even read.
    """
    own = [OWN] if Path(OWN).is_dir() else []
    where = [f"--targets-file={targets_file}"] if targets_file else []
    return [
        *(sys.executable, "-m", "pytest", "-p", "prodworthy.plugin", *own),
        *(f"--target={target}", *where, f"--stage={stage}", "--rollback=off", f"--bound-to={binding}"),
    ]


def allowed(target: Target, targets_file: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the run: an allow-list, and what the target names for itself. Raises TargetsError."""
    raw = read(find(targets_file, [Path.cwd()])).targets[target.name]
    named = set(_variables(raw)) | set(target.environment)
    withheld = set(_variables(raw.get("vercel", {}).get("token"))) | _token(target)
    kept = {
        name: value
        for name, value in environment.items()
        if (name in ALLOWED or name.startswith(FAMILIES) or name in named) and name not in withheld
    }
    ours = str(Path(prodworthy.__file__).parents[1])  # a checkout may not be installed
    paths = dict.fromkeys([ours, *environment.get("PYTHONPATH", "").split(os.pathsep)])
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def judged(
    ended: Ended, moved: Moved, before: Sequence[Served], after: Sequence[Served], left: Mapping[str, str]
) -> tuple[int, str]:
    """An exit code of ours, and why: what the run says holds only if production stood still, and was the right one."""
    stage = STAGES[moved.move.kind]
    if ended.interrupted:
        return INTERRUPTED, f"the verification ({stage}) was interrupted"
    if why := unsettled(moved, before, after):
        return INCONCLUSIVE, f"the verification ({stage}) proves nothing: {why}"
    if ended.code not in (VERIFIED, FAILED, INCONCLUSIVE):
        return INCONCLUSIVE, f"the verification ({stage}) could not be carried out: pytest ended with {ended.code}"
    if _verdict(left.get("verdict")).get("exit_code") != ended.code:
        return INCONCLUSIVE, f"the verification ({stage}) left no verdict that fits its exit code {ended.code}"
    word = {VERIFIED: "passed", FAILED: "failed", INCONCLUSIVE: "is inconclusive"}[ended.code]
    return ended.code, f"the verification ({stage}) {word}"


def unsettled(moved: Moved, before: Sequence[Served], after: Sequence[Served]) -> str | None:
    """Why what was judged was not, or may not have been, the destination all the time; None when it was."""
    destination = moved.move.destination.id
    shut = {each.domain for each in (*before, *after) if _shut(moved, each)}
    if not {each.domain for each in before} - shut or not {each.domain for each in after} - shut:
        return "no production domain could be looked at"
    for when, looked in (("before", before), ("after", after)):
        for each in looked:
            if each.trouble and each.domain not in shut:
                return f"{each.domain} could not be looked at {when} it: {each.trouble}"
            if each.deployment != destination:
                return f"{each.domain} led to {each.deployment or 'nothing'} {when} it, not to {destination}"
            if not each.proved and each.domain not in shut:
                return f"{each.domain} said {' and '.join(each.stamps) or 'nothing'} {when} it, not {destination}"
    stamps = {each.domain: set(each.stamps) for each in before}
    for each in after:
        if each.domain not in stamps or stamps[each.domain] != set(each.stamps):
            return f"{each.domain} served something else after it than before"
    return None


def _shut(moved: Moved, served: Served) -> bool:
    """Whether the host's word is all that there is of a domain, as for the proof of the move itself."""
    return any(closed(each, served) for each in moved.move.domains if each.name == served.domain)


def left_behind(last_words: str) -> dict[str, str]:
    """The paths that the run printed at its end, under "verdict" and "report"; only of files that are there."""
    told = re.findall(r"^(verdict|report) +(\S.*)$", last_words, re.MULTILINE)
    return {what: path.strip() for what, path in told if Path(path.strip()).is_file()}


def _verdict(path: str | None) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        loaded = json.loads(Path(path or os.devnull).read_text(encoding="utf-8"))
        if isinstance(loaded, dict):
            return loaded
    return {}


@contextlib.contextmanager
def _bound(moved: Moved, served: Sequence[Served]) -> Iterator[Path]:
    """The file that tells the run which deployment, on which domains, it judges."""
    bound = Bound(deployment=moved.move.destination, domains=tuple(each.domain for each in served))
    with tempfile.TemporaryDirectory(prefix="prodworthy-") as folder:
        path = Path(folder) / "bound.json"
        path.write_text(json.dumps(to_plain(bound)), encoding="utf-8")
        yield path


def _run(command: Sequence[str], environment: Mapping[str, str], out: BinaryIO | None) -> Ended:
    """In a process group of its own, so that Ctrl-C reaches it once, from here, and its report is still written."""
    tail, interrupted = bytearray(), False
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    ) as process:
        while True:
            try:
                if _pass_on(process, out, tail):
                    break
            except KeyboardInterrupt:
                if interrupted:
                    process.kill()  # the second time is meant
                process.send_signal(signal.SIGINT)
                interrupted = True
        code = process.wait()
    return Ended(code=code, last_words=tail.decode("utf-8", "replace"), interrupted=interrupted)


def _pass_on(process: subprocess.Popen[bytes], out: BinaryIO | None, tail: bytearray) -> bool:
    """Whether all that it wrote has been passed on."""
    assert process.stdout is not None
    while piece := os.read(process.stdout.fileno(), 65536):
        tail += piece
        del tail[:-TAIL]
        with contextlib.suppress(OSError):  # nobody reads any more; the verdict counts all the same
            if out:
                out.write(piece)
                out.flush()
    return True


def _token(target: Target) -> set[str]:
    return {target.hosting.token.name} if target.hosting and target.hosting.token else set()


def _variables(raw: Any) -> Iterator[str]:
    """The names in every `{ env = "NAME" }` of a table."""
    if isinstance(raw, list):
        for each in raw:
            yield from _variables(each)
    elif isinstance(raw, dict):
        if isinstance(raw.get("env"), str):
            yield raw["env"]
        for each in raw.values():
            yield from _variables(each)
