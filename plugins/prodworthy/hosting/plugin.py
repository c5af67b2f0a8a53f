"""The host's face: which deployment a run judges, and what production serves from its beginning to its end.

Only the controlling process asks the host. Its token leaves the environment before anything else is started, so that
workers, browsers, functions and a team's own tests never have it.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import pytest
from cattrs import BaseValidationError

from prodworthy.hosting import abreast, binding, credentials
from prodworthy.hosting.binding import Judged
from prodworthy.hosting.connection import connect
from prodworthy.hosting.errors import HostingError, Refused
from prodworthy.hosting.explaining import refusal
from prodworthy.hosting.host import Host
from prodworthy.hosting.subject import Asked
from prodworthy.local.plugin import failures_key
from prodworthy.model import Stage, Target
from prodworthy.model.hosting import Bound
from prodworthy.model.text import lines
from prodworthy.model.verdict import Binding
from prodworthy.plain import from_plain
from prodworthy.targets.host import address
from prodworthy.targets.plugin import targets_key

bindings_key = pytest.StashKey[dict[str, Binding]]()  # by target, in the controlling process; whole at the end

Given = TypeVar("Given")
Found = TypeVar("Found")


class Custody:
    """In every process: keeps the hosts' tokens from whatever runs in it, and from what it starts."""

    def __init__(self, config: pytest.Config) -> None:
        hosted = [target.hosting for target in config.stash[targets_key].values() if target.hosting]
        self.taken = credentials.take([each.token for each in hosted if each.token], os.environ)
        if hasattr(config, "workerinput"):
            self.taken.clear()  # found on another machine: a worker needs none
        config.add_cleanup(lambda: os.environ.update(self.taken))


class BindingFace:
    """In the controlling process: binds every target to a deployment, and sees whether it stays that one."""

    def __init__(self, config: pytest.Config, custody: Custody) -> None:
        self._config = config
        self._custody = custody
        self._bound = _bound_to(config)
        self._judged: list[Judged] = []
        self._begun = False
        self._interrupted = False
        config.stash[bindings_key] = {}

    def pytest_collection_finish(self) -> None:
        """Without workers; embedded deployments have their addresses by now, and nothing was looked at yet."""
        self._begin()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self) -> None:
        """With workers: before they are handed the targets."""
        self._begin()

    def pytest_keyboard_interrupt(self) -> None:
        """Whoever pressed Ctrl-C waits for no host."""
        self._interrupted = True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """The last look, before anybody decides."""
        if not self._interrupted:
            ended = _side_by_side(self._last_look, self._judged)
            self._config.stash[bindings_key].update(dict(ended))
        yield

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        targets, failures = self._config.stash[targets_key], self._config.stash[failures_key]
        usable = [each for each in targets.values() if each.name not in failures]
        self._judged = [self._with_bypass(each) for each in _side_by_side(self._first_look, usable)]
        for each in self._judged:
            targets[each.target.name] = each.target
            self._config.stash[bindings_key][each.target.name] = each.binding
            if each.impossible:
                failures[each.target.name] = each.impossible

    def _first_look(self, target: Target) -> Judged:
        if self._bound is not None:
            return binding.bound(target, self._bound)
        if not self._asks_the_host(target):
            return Judged(target=target)
        elsewhere = self._elsewhere(target)
        begin = binding.candidate if elsewhere else binding.live
        found = self._asked_of_host(target, lambda host: begin(target, host, self._asked(target)))
        if isinstance(found, Judged):
            return found
        if elsewhere:
            return Judged(target=target, impossible=found)
        return Judged(target=target, binding=Binding(unasked=(found,)))

    def _with_bypass(self, judged: Judged) -> Judged:
        """A deployment's own address is usually protected: a secret for it that is named and not set is missing."""
        hosting = judged.target.hosting
        bypass = hosting.bypass if hosting else None
        if bypass is None or bypass.value or not self._elsewhere(judged.target):
            return judged
        why = f"{bypass.name}, which must hold the secret that opens deployment protection, is not set"
        return replace(judged, binding=replace(judged.binding, unasked=(*judged.binding.unasked, why)))

    def _last_look(self, judged: Judged) -> tuple[str, Binding]:
        target = judged.target
        if self._bound is not None:
            return target.name, binding.bound_still(judged, self._bound)
        if judged.before is None:
            return target.name, judged.binding
        found = self._asked_of_host(target, lambda host: binding.still(judged, host))
        return target.name, found if isinstance(found, Binding) else binding.lost(judged, found)

    def _asked_of_host(self, target: Target, ask: Callable[[Host], Found]) -> Found | str:
        """What the host gave, or why it gave nothing, with the remedy on a line of its own."""
        assert target.hosting is not None
        try:
            host = connect(target.hosting, addresses=target.addresses, environment=self._custody.taken)
            with closing(host):
                return ask(host)
        except Refused as refused:
            return lines(f"{refused}\n{refused.remedy}")
        except HostingError as error:
            explained = refusal(error, target.hosting)
            return lines(f"{explained.sentence}\n{explained.remedy}")
        except Exception as error:  # noqa: BLE001 - a fault of ours is no verdict; its text may hold what nobody may see
            return f"a fault of prodworthy in asking the host: {type(error).__name__}"

    def _elsewhere(self, target: Target) -> bool:
        """Whether a deployment's own address is judged, and not the domains."""
        return target.stage is Stage.PRE_PROMOTE or address(self._config.getoption("prodworthy_deployment")) is not None

    def _asks_the_host(self, target: Target) -> bool:
        if target.hosting is None or target.hosting.token is None:
            return False
        given = self._config.getoption("prodworthy_deployment")
        if target.embedded is not None:
            return given is not None or target.stage is not Stage.PRE_PROMOTE
        # an address needs no host that answers for it, and what runs on this machine has none
        here = target.loopback and target.addresses is None
        return address(given) is None or (self._has_token(target) and not here)

    def _has_token(self, target: Target) -> bool:
        assert target.hosting is not None
        assert target.hosting.token is not None
        try:
            return credentials.value(target.hosting.token, self._custody.taken) is not None
        except Refused:
            return True  # it is declared and cannot be read, which asking the host will say

    def _asked(self, target: Target) -> Asked:
        option = self._config.getoption
        file = option("prodworthy_targets_file")
        where = f" --targets-file={shlex.quote(file)}" if file else ""
        return Asked(
            deployment=option("prodworthy_deployment"),
            commit=option("prodworthy_expect_commit"),
            command=f"pytest verify --target={target.name}{where}",
        )


def _bound_to(config: pytest.Config) -> Bound | None:
    """What --bound-to names; raises pytest.UsageError for a file that is not usable."""
    given = config.getoption("prodworthy_bound_to")
    if given is None:
        return None
    if len(config.stash[targets_key]) != 1:
        raise pytest.UsageError("--bound-to binds one target")
    try:
        return from_plain(Bound, json.loads(Path(given).read_text(encoding="utf-8")))
    except (OSError, ValueError, BaseValidationError):
        raise pytest.UsageError(f"--bound-to: {given} holds no deployment with its domains") from None


def _side_by_side(work: Callable[[Given], Found], several: Sequence[Given]) -> list[Found]:
    if len(several) < 2:
        return [work(each) for each in several]  # in the main thread, where Ctrl-C ends it
    found = abreast.Asked([partial(work, each) for each in several]).answers()
    for each in found:
        if isinstance(each, Exception):
            raise each
    return cast("list[Found]", found)
