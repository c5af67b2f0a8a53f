"""The targets' face: options to targets, targets to parameters, and the packaged checks beside a team's own tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from prodworthy.model import CHECKS, Stage, Target
from prodworthy.plain import from_plain, to_plain
from prodworthy.targets import file
from prodworthy.targets.build import Builder, Order
from prodworthy.targets.choice import choose
from prodworthy.targets.errors import TargetsError
from prodworthy.targets.host import address

targets_key = pytest.StashKey[dict[str, Target]]()
partial_key = pytest.StashKey[list[str]]()  # why the selection is not the whole suite

HANDOVER = "prodworthy_targets"
PACKAGED = "verify"
MIN_COMMIT = 7


class Targets:
    """Resolves targets once, in the controlling process, and hands them to workers."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        if workerinput := getattr(config, "workerinput", None):
            targets = from_plain(list[Target], workerinput[HANDOVER])
        else:
            targets = resolve(config)
        config.stash[targets_key] = {target.name: target for target in targets}
        config.stash[partial_key] = _narrowed(config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Let the packaged seven join when none of the seven is among what is collected."""
        config = session.config
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            own = config.rootpath / PACKAGED
            config.args = [str(own)] if own.is_dir() else []
        if not any(_holds_the_seven(arg, config.invocation_params.dir) for arg in config.args):
            config.args.append(str(packaged_checks()))

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test a target, under the name that people use."""
        if "target" in metafunc.fixturenames:
            targets = metafunc.config.stash[targets_key]
            metafunc.parametrize("target", list(targets), indirect=True, scope="session")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Target by target; the browser first, because everything else proceeds behind it."""
        targets = self._config.stash[targets_key]
        names = list(targets)
        items.sort(key=lambda item: (_position(item, names), "smoke" not in getattr(item, "fixturenames", ())))
        self._config.stash[partial_key].extend(_incomplete(items))

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """A selection that leaves something out is not a gate."""
        self._config.stash[partial_key].append(f"{len(items)} deselected")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """In the controller, before each worker starts."""
        node.workerinput[HANDOVER] = to_plain(list(self._config.stash[targets_key].values()))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """One target stays on one worker, so that its evidence is gathered once."""
        return TargetScheduling(config, log)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In a worker: tell the controller what was left out."""
        if output := getattr(session.config, "workeroutput", None):
            output["prodworthy_partial"] = self._config.stash[partial_key]

    def pytest_report_header(self) -> list[str]:
        """Which targets, and why."""
        return [f"target: {each.name} {each.url} ({each.stage})" for each in self._config.stash[targets_key].values()]


class TargetScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Keeps all tests of one target together; tests without a target are scheduled one by one."""

    def _split_scope(self, nodeid: str) -> str:
        parameters = nodeid.partition("[")[2].rstrip("]")
        names = sorted(self.config.stash[targets_key], key=len, reverse=True)  # one name may be part of another
        return next((name for name in names if f"-{name}-" in f"-{parameters}-"), nodeid)


def resolve(config: pytest.Config) -> list[Target]:
    """The targets that the command line asks for; raises pytest.UsageError for what is not usable."""
    order = Order(
        stage=Stage(config.getoption("prodworthy_stage")),
        deployment=config.getoption("prodworthy_deployment"),
        expect_commit=_commit(config.getoption("prodworthy_expect_commit")),
    )
    try:
        found = file.read(
            file.find(config.getoption("prodworthy_targets_file"), [config.rootpath, config.invocation_params.dir])
        )
        names = choose(config.getoption("prodworthy_target"), list(found.targets))
        _check_deployment(order.deployment, names)
        builder = Builder(found, order)
        return [builder.build(name) for name in names]
    except TargetsError as error:
        raise pytest.UsageError(str(error)) from None


def packaged_checks() -> Path:
    """The folder of the seven: inside the installed package, or beside plugins/ in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / PACKAGED
    return inside if inside.is_dir() else package.parents[1] / PACKAGED


def _commit(given: str | None) -> str | None:
    if given is not None and len(given) < MIN_COMMIT:
        raise pytest.UsageError(
            f"--expect-commit: {given!r} is too short to tell commits apart; give at least {MIN_COMMIT} characters"
        )
    return given


def _check_deployment(deployment: str | None, names: list[str]) -> None:
    address(deployment)
    if deployment and len(names) > 1:
        raise TargetsError(f"--deployment judges one target, not {len(names)}: {', '.join(names)}")


def _narrowed(config: pytest.Config) -> list[str]:
    """Options that can leave tests out, as they were given."""
    reasons = [f"-k {config.option.keyword}"] if config.option.keyword else []
    reasons += [f"-m {config.option.markexpr}"] if config.option.markexpr else []
    reasons += [arg for arg in config.args if "::" in arg]
    reasons += ["--lf"] if config.getoption("lf", False) else []
    return reasons


def _incomplete(items: list[pytest.Item]) -> Iterator[str]:
    """Checks of which a copy asks less than the packaged file does."""
    asked: dict[str, set[str]] = {}
    for item in items:
        if marker := item.get_closest_marker("check"):
            asked.setdefault(str(marker.args[0]), set()).add(str(getattr(item, "originalname", item.name)))
    for check in CHECKS:
        packaged = re.findall(
            r"^def (test_\w+)", (packaged_checks() / check.file).read_text(encoding="utf-8"), re.MULTILINE
        )
        if check.name in asked and (missing := [name for name in packaged if name not in asked[check.name]]):
            yield f"{check.file} lacks {', '.join(missing)}"


def _holds_the_seven(arg: str, folder: Path) -> bool:
    """Whether a command-line argument leads to one of the seven files."""
    path = folder / arg.partition("::")[0]
    files = path.rglob("test_*.py") if path.is_dir() else [path]
    return arg.startswith("prodworthy.verify") or any(map(_is_one_of_the_seven, files))


def _is_one_of_the_seven(file: Path) -> bool:
    """By name and mark: a team may well call a file of its own test_smoke.py."""
    if file.name not in {check.file for check in CHECKS} or not file.is_file():
        return False
    return b"mark.check(" in file.read_bytes()


def _position(item: pytest.Item, names: list[str]) -> int:
    callspec = getattr(item, "callspec", None)
    name = callspec.params.get("target") if callspec else None
    return names.index(name) if name in names else len(names)
