"""Recordings: what Playwright keeps of a tab that went wrong, as files in the run's folder."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error

from prodworthy.evidence.browser import video_encoder
from prodworthy.evidence.smoke import contexts, looking, purging
from prodworthy.evidence.smoke.contexts import Visitor
from prodworthy.evidence.smoke.hearing import Hearing
from prodworthy.evidence.smoke.visits import longest
from prodworthy.model import Target
from prodworthy.model.smoke import Recording, View

MOST = 3  # pages that are visited again to record them
LARGEST = 50_000_000  # bytes of one file


class Recorder:
    """A context whose tabs are recorded; what was recorded is kept only when that is asked for."""

    def __init__(self, visitor: Visitor, viewport: str, folder: Path | None) -> None:
        self._visitor = visitor
        self._viewport = viewport
        self._folder = folder
        self.kept: tuple[Recording, ...] = ()

    @contextlib.contextmanager
    def context(self) -> Iterator[BrowserContext]:
        """The context; recorded when there is a folder for files."""
        options: dict[str, Any] = {}
        with contextlib.ExitStack() as leaving:
            if self._folder and video_encoder():
                options["record_video_dir"] = leaving.enter_context(tempfile.TemporaryDirectory())
            context = self._visitor.context(self._viewport, leaving, **options)
            if self._folder:
                context.tracing.start(screenshots=True, snapshots=True)
            yield context

    def keep(self, context: BrowserContext, name: str) -> None:
        """Write the files called so; closes the context. A file that cannot be had is left out."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        trace, film = self._folder / f"{name}.trace.zip", self._folder / f"{name}.webm"
        videos = [page.video for page in context.pages if page.video]
        secret = [each.value for each in self._visitor.passes]
        with contextlib.suppress(Error):
            context.tracing.stop(path=trace)
        contexts.close(context)
        purging.purge(trace, secret)
        with contextlib.suppress(Error, OSError):
            for video in videos[:1]:
                shutil.move(video.path(), film)
        self.kept = tuple(_recording(path) for path in (trace, film) if path.is_file() and _small(path))


class Replay:
    """A second visit to a page that went wrong, for the record only."""

    def __init__(self, visitor: Visitor, target: Target, view: View, folder: Path) -> None:
        self._recorder = Recorder(visitor, view.viewport, folder)
        self._target = target
        self._view = view
        self.longest = longest(target)

    @property
    def kept(self) -> tuple[Recording, ...]:
        """The files."""
        return self._recorder.kept

    def make(self) -> None:
        """Visit and record."""
        with self._recorder.context() as context:
            tab = context.new_page()
            Hearing(tab, self._target)  # dismisses dialogs
            deadline = time.monotonic() + self._target.browsing.timeout
            with contextlib.suppress(Error):
                tab.goto(self._view.url, wait_until="commit", timeout=looking.ms(deadline))
                looking.settle(tab, deadline)
            self._recorder.keep(context, named("page", self._view.page.path, self._view.viewport))

    def leave(self) -> None:
        """Nothing is left."""


def named(*words: str) -> str:
    """A file's name without an ending: "smoke-page-products-desktop"."""
    parts = (re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")[:60] for word in words)
    return "-".join(["smoke", *filter(None, parts)])


def _recording(path: Path) -> Recording:
    return Recording(name="/".join(path.parts[-3:]), size=path.stat().st_size)


def _small(path: Path) -> bool:
    if path.stat().st_size > LARGEST:
        path.unlink()
    return path.exists()
