"""How a command ends: its exit code, its JSON on stdout, and what it says on stderr when it cannot.

Data goes to stdout alone and everything else to stderr, so that a script can read the one and a person the other.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TextIO

import click

from prodworthy import __version__
from prodworthy.commands.invocation import addressed, where
from prodworthy.hosting.errors import HostingError, Refused
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Hosting, JobKind
from prodworthy.model.text import clean, lines
from prodworthy.targets.errors import TargetsError

FORMAT = 1  # of every command's JSON; grows when something is taken away or means something else
CLEAN, FAILED, STOPPED, UNUSABLE, UNSEEN = 0, 1, 2, 4, 10
MOVED_AND_FAILED, REFUSED, UNPROVED = 21, 22, 23
WHOLE = 400  # characters of a command's first sentence: all of them
SECTIONS = {
    "Production: what it serves, and moving it": ("list", "current", "candidates", "status", "rollback", "promote"),
    "Judging": ("targets", "doctor", "rules", "explain"),
    "On this machine": ("init", "install", "up", "deploy"),
    "For editors, scripts and shells": ("schema", "completion"),
}
WONDERING = 0.5  # seconds of silence
LONGEST = 2000  # characters of a message
AS_JSON = "prodworthy.as-json"  # of a click context: whether a script asks
INDENT = " " * len("error: ")
ACTING = ("rollback", "promote", "deploy")  # of the others nobody asks what they changed
AGAIN = "type it again when you are ready"
REPORT = "please report this, with the text above"

_NAMED = re.compile(r"`prodworthy (?:rollback|promote) (?!-)([^\s`]+)")


@dataclass(frozen=True, slots=True)
class Ending:
    """What a code means to the person, or the script, that reads it."""

    exit_code: int
    means: str


ENDINGS: Mapping[Code, Ending] = {
    Code.USAGE: Ending(UNUSABLE, "an option or argument is not understood, or one is missing"),
    Code.TARGETS_UNUSABLE: Ending(UNUSABLE, "the targets file, or the name of the target, is not usable"),
    Code.HOST_UNDECLARED: Ending(UNUSABLE, "the target has no table `[targets.<name>.vercel]`"),
    Code.TOKEN_MISSING: Ending(UNUSABLE, "the variable that holds the host's token is not set"),
    Code.TOKEN_REFUSED: Ending(UNUSABLE, "the host does not accept the token: wrong, expired or revoked"),
    Code.SCOPE_REFUSED: Ending(UNUSABLE, "the token is good, but not for this team or project"),
    Code.PROJECT_UNKNOWN: Ending(UNUSABLE, "the host knows no such project in that team"),
    Code.DEPLOYMENT_UNKNOWN: Ending(UNUSABLE, "the host knows no such deployment"),
    Code.DEPLOYMENT_FOREIGN: Ending(UNUSABLE, "the deployment belongs to another project"),
    Code.DEPLOYMENT_PREVIEW: Ending(UNUSABLE, "the deployment was not built for production"),
    Code.DEPLOYMENT_UNREADY: Ending(UNUSABLE, "the deployment is not built, or its build failed"),
    Code.DEPLOYMENT_DELETED: Ending(UNUSABLE, "the deployment was deleted, or is past its retention"),
    Code.CONFIRMATION_NEEDED: Ending(UNUSABLE, "no terminal to ask at, and no `--yes`"),
    Code.NOT_UP: Ending(UNUSABLE, "the embedded deployment does not run; `prodworthy up` starts it"),
    Code.ALREADY_UP: Ending(UNUSABLE, "the embedded deployment runs, and is not started twice"),
    Code.DEPLOYMENT_NEVER_LIVE: Ending(REFUSED, "a rollback goes to what has served production; this never did"),
    Code.NO_CANDIDATE: Ending(REFUSED, "nothing to go to: fix forward"),
    Code.SEVERAL_CANDIDATES: Ending(REFUSED, "nothing was named, and more than one deployment would do"),
    Code.PLAN_LIMIT: Ending(REFUSED, "the account's plan allows the previous deployment only"),
    Code.ALREADY_ROLLED_BACK: Ending(REFUSED, "`--previous --yes`, and production is rolled back already"),
    Code.ROLLING_RELEASE_ACTIVE: Ending(REFUSED, "a rolling release is under way"),
    Code.JOB_ACTIVE: Ending(REFUSED, "another promotion or rollback is under way"),
    Code.REJECTED: Ending(REFUSED, "the host refused, for a reason that is not known here"),
    Code.CURRENT_CHANGED: Ending(UNSEEN, "somebody else moved production between the look and the act"),
    Code.UNREACHABLE: Ending(UNSEEN, "the host could not be reached"),
    Code.UNAVAILABLE: Ending(UNSEEN, "the host failed (5xx)"),
    Code.THROTTLED: Ending(UNSEEN, "the host had too many requests"),
    Code.UNINTELLIGIBLE: Ending(UNSEEN, "the host's answer was not in the documented shape"),
    Code.FAULT: Ending(UNSEEN, "a fault of prodworthy's own, with its traceback on stderr"),
    Code.DONE: Ending(CLEAN, "the move was carried out, and every domain proves it"),
    Code.ALREADY_CURRENT: Ending(CLEAN, "nothing had to be changed, and every domain proves it"),
    Code.PLANNED: Ending(CLEAN, "`--plan`: nothing was changed"),
    Code.NOT_WAITED: Ending(UNPROVED, "`--no-wait`: asked for, not waited for"),
    Code.OUTCOME_UNKNOWN: Ending(UNPROVED, "no answer to the request, and no job that is ours"),
    Code.JOB_LOST: Ending(UNPROVED, "accepted, but the host shows no such job"),
    Code.JOB_OVERTAKEN: Ending(UNPROVED, "somebody else's job came after ours, or in its place"),
    Code.JOB_FAILED: Ending(UNPROVED, "the job failed"),
    Code.JOB_SKIPPED: Ending(UNPROVED, "the host skipped the job"),
    Code.JOB_UNFINISHED: Ending(UNPROVED, "the job was not done within the time that was given"),
    Code.NOT_PROVED: Ending(UNPROVED, "the job succeeded, but not every domain is proved to serve what was asked for"),
    Code.INDISTINGUISHABLE: Ending(
        UNPROVED, "the host leads every domain there, but the app cannot tell this build from the one before"
    ),
    Code.ROLLING_RELEASE_STARTED: Ending(UNPROVED, "the promotion goes to visitors in stages, which wait for approval"),
    Code.QUEUED: Ending(UNPROVED, "the promotion waits behind an active rolling release"),
    Code.DECLINED: Ending(STOPPED, "the question was answered with no"),
    Code.INTERRUPTED: Ending(STOPPED, "interrupted before anything was asked for"),
    Code.INTERRUPTED_AFTER_REQUEST: Ending(UNPROVED, "interrupted after the request: something may have changed"),
}


def exit_code(code: Code, kind: JobKind | None = None, verification: int | None = None) -> int:
    """Of a command that ended with `code`, and whose verification of what it moved ended with `verification`.

    None: nothing was verified, as nothing had to be or `--no-verify` was given.
    """
    ended = ENDINGS[code].exit_code
    if ended != CLEAN or not verification:
        return ended
    failed = verification == FAILED
    if kind is JobKind.PROMOTE:
        return FAILED if failed else UNSEEN
    return MOVED_AND_FAILED if failed else UNPROVED


@dataclass(slots=True)
class Telling:
    """What one run of a command has to say; made by `telling`."""

    command: str
    as_json: bool
    target: str | None = None
    targets_file: str | None = None  # as it was typed
    hosting: Hosting | None = None  # for the remedy of what the host refuses
    requested: bool = False  # set just before production is asked to move: from then on nobody can say "unchanged"
    exit_code: int = CLEAN
    data: Mapping[str, Any] | None = None

    def end(self, data: Mapping[str, Any], show: Callable[[], None], *, exit_code: int = CLEAN) -> None:
        """The command's answer: `data` for a script, or what `show` prints for a person."""
        self.data, self.exit_code = data, exit_code
        if not self.as_json:
            self._uninterrupted(show)

    def note(self, sentence: str) -> None:
        """Something beside the answer, on stderr; the sentence is safe for a terminal, or made of what is."""
        _say(sentence)

    def waiting(self, why: str, seconds: float) -> None:
        """Says at once that the host is waited for, where somebody would begin to wonder."""
        if seconds >= WONDERING:
            _say(f"{why}: waiting {max(round(seconds), 1)} s before asking again (Ctrl-C stops)")

    def fail(self, code: Code, message: str, remedy: str) -> None:
        """The command has no answer; the reason goes to stderr, and for a script to stdout too."""
        shown, remedy = _several(message), self.to_type(clean(remedy, LONGEST))
        changed = None if self.requested else False
        self.exit_code = UNPROVED if self.requested else ENDINGS[code].exit_code
        self.data = _error(code, "; ".join(shown), remedy, changed=changed)
        _say("\n".join(f"{'error: ' if not number else INDENT}{each}" for number, each in enumerate(shown)))
        if remedy:
            _say(f"{INDENT}{remedy}")
        _say(f"{INDENT}({'; '.join([code.value, *self._changed()])})")

    def to_type(self, text: str) -> str:
        """The text with the target in every command that it mentions."""
        return addressed(text, where(self.target, self.targets_file)) if self.target else text

    def refusal(self, refused: Refused) -> dict[str, Any]:
        """Why something would not be done."""
        remedy = self.to_type(clean(refused.remedy, LONGEST))
        told = {"code": refused.code.value, "message": clean(str(refused), LONGEST), "remedy": remedy}
        return {**told, "deployments": deployments_of(remedy)}

    def _changed(self) -> list[str]:
        """What became of production, where that is a question at all."""
        if self.requested:
            return [self.to_type("production may have been changed: `prodworthy status`")]
        return ["nothing was changed"] if self.command in ACTING else []

    def print(self) -> None:
        """What a script gets; ASCII alone, which every terminal and pipe takes and which acts on none."""
        about = {"format": FORMAT, "prodworthy": __version__, "command": self.command, "target": self.target}
        whole = {**about, "exit_code": self.exit_code, **(self.data or {})}
        self._uninterrupted(lambda: click.echo(json.dumps(whole, indent=2)))

    def _uninterrupted(self, show: Callable[[], None]) -> None:
        """An answer that is there is no longer taken back: what was done stays done, and its exit code is its own."""
        try:
            show()
        except (KeyboardInterrupt, click.Abort):
            _say("interrupted while the answer was printed")


class Commands(click.Group):
    """Commands whose exit codes are those of the verdicts, also where click has others: 4 for usage, 2 for Ctrl-C."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Remembers whether a script asks, as a command whose options are wrong never comes to know."""
        as_json = "--json" in args
        with _misuse(as_json):
            context = super().make_context(info_name, args, parent, **extra)
        context.meta[AS_JSON] = as_json
        return context

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Sorted by what they are for, each with its whole first sentence."""
        left = dict(self.commands)
        for about, names in SECTIONS.items():
            rows = [(name, left.pop(name).get_short_help_str(WHOLE)) for name in names if name in left]
            with formatter.section(about):
                formatter.write_dl(rows)
        if left:
            with formatter.section("Others"):
                formatter.write_dl([(name, each.get_short_help_str(WHOLE)) for name, each in left.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """The options of a command are read in here too."""
        with _misuse(ctx.meta[AS_JSON]):
            return super().invoke(ctx)


@contextmanager
def _misuse(as_json: bool) -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        error.show()
        _say(f"({Code.USAGE.value})")
        if as_json:
            told = Telling((error.ctx and error.ctx.info_name) or "", as_json, exit_code=UNUSABLE)
            told.data = _error(Code.USAGE, clean(error.format_message(), LONGEST), "see --help", changed=False)
            told.print()
        sys.exit(UNUSABLE)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\ninterrupted", err=True)
        sys.exit(STOPPED)


@contextmanager
def telling(command: str, as_json: bool) -> Iterator[Telling]:
    """Runs a command's body, and ends the process with its exit code whatever comes of it."""
    told = Telling(command, as_json)
    try:
        with _failing(told):
            yield told
        if as_json:
            told.print()
        with suppress(KeyboardInterrupt):
            sys.stdout.flush()
    except BrokenPipeError:  # as of `| head`: what was done stays done, and nobody listens any more
        if told.data is None:
            told.exit_code = UNPROVED if told.requested else UNSEEN
        _silence(sys.stdout, sys.stderr)
    sys.exit(told.exit_code)


@contextmanager
def _failing(told: Telling) -> Iterator[None]:
    """Lets the command have no answer where its body raises."""
    try:
        yield
    except Refused as refusal:
        told.fail(refusal.code, str(refusal), refusal.remedy)
    except TargetsError as error:
        option = f" {shlex.join(['--targets-file', told.targets_file])}" if told.targets_file else ""
        told.fail(Code.TARGETS_UNUSABLE, str(error), f"correct the file; `prodworthy targets{option}` checks it")
    except HostingError as error:
        from prodworthy.hosting.explaining import refusal as explained  # noqa: PLC0415  # only when it is needed

        told.fail(*explained(error, told.hosting or Hosting(project="")))
    except (KeyboardInterrupt, click.Abort):
        if told.data is None:
            code = Code.INTERRUPTED_AFTER_REQUEST if told.requested else Code.INTERRUPTED
            told.fail(code, "interrupted", "`prodworthy status`" if told.requested else AGAIN)
    except (click.ClickException, BrokenPipeError):
        raise  # the entry point tells the ones, and nobody is there to be told of the other
    except Exception as error:  # noqa: BLE001  # Python's own exit code, 1, would say that a verification failed
        _say(_traceback(told.hosting))
        told.fail(Code.FAULT, f"a fault of prodworthy's own: {type(error).__name__}", REPORT)


def _traceback(hosting: Hosting | None) -> str:
    """Of the fault that is being handled; a library may have put what it was given into its message."""
    from prodworthy.hosting.credentials import value  # noqa: PLC0415

    text = lines(traceback.format_exc())
    secrets = [hosting.bypass.value] if hosting and hosting.bypass else []
    with suppress(Refused):
        secrets += [value(hosting.token, os.environ)] if hosting and hosting.token else []
    for secret in filter(None, secrets):
        text = text.replace(secret, "[secret]")
    return text.rstrip()


def _say(text: str) -> None:
    """On stderr; that nobody reads it is no reason to stop half-way."""
    try:
        click.echo(text, err=True)
    except BrokenPipeError:
        _silence(sys.stderr)


def _silence(*streams: TextIO) -> None:
    """What is still to be flushed goes nowhere, so that Python does not complain of it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        with suppress(OSError, ValueError):  # a stream of a test has no descriptor
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def deployments_of(remedy: str) -> list[str]:
    """Ids of the deployments that a remedy says could be named, in its order."""
    return list(dict.fromkeys(_NAMED.findall(remedy)))


def _several(message: str) -> list[str]:
    """What a message says in lines of its own, such as one for each error in a file."""
    return [clean(line, LONGEST) for line in message[: LONGEST * 2].splitlines() if line.strip()] or [""]


def _error(code: Code, message: str, remedy: str, *, changed: bool | None) -> dict[str, Any]:
    told = {"code": code.value, "message": message, "remedy": remedy, "changed": changed}
    return {"error": {**told, "deployments": deployments_of(remedy)}}
