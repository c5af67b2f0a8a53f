"""The made-up shop, and folders with a targets.toml, for the tests of commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from prodworthy.commands import looking, project
from prodworthy.hosting import proof
from prodworthy.model import Identity, Target
from prodworthy.model.hosting import Hosting, Token
from tests.commands.shop import NOW, FakeApp, FakeHost, Shop


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    host = FakeHost()
    app = FakeApp(host)
    target = Target(
        name="prod",
        url="https://shop.example.com",
        identity=Identity(),
        hosting=Hosting(project="prj_shop", team="team_acme", token=Token(name="VERCEL_TOKEN")),
    )
    monkeypatch.setattr(project, "chosen", lambda name, targets_file: target)
    monkeypatch.setattr(project, "opened", lambda target: (host, None))
    monkeypatch.setattr(proof, "Prober", lambda *given, **named: app)
    monkeypatch.setattr(looking, "clock", lambda: NOW)
    return Shop(host, app, target)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """Writes a targets.toml into an empty folder, which is the present one."""
    monkeypatch.chdir(tmp_path)
    return lambda text: (tmp_path / "targets.toml").write_text(text, encoding="utf-8")
