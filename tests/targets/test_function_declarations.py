"""What a targets file says of functions, and of the platform's management API, as the check gets it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from prodworthy.evidence.backend.management import TOKEN
from prodworthy.model import BuildStamp, Function, Supabase
from prodworthy.model.sources import digest
from prodworthy.targets import file
from prodworthy.targets.build import Builder, Order
from prodworthy.targets.errors import TargetsError

PROJECT = """
[targets.shop.supabase]
url = "https://abcdefghijklmnopqrst.supabase.co"
key = { env = "SUPABASE_KEY" }
"""


def built(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> tuple[Function | None, Supabase]:
    (folder / "targets.toml").write_text(text + PROJECT, encoding="utf-8")
    target = Builder(file.read(folder / "targets.toml"), Order(), environment or {}).build("shop")
    assert target.supabase
    return next(iter(target.functions), None), target.supabase


def declared(folder: Path, **keys: object) -> Function:
    lines = "".join(f"{name} = {toml(value)}\n" for name, value in keys.items())
    function, _ = built(folder, f'[targets.shop]\nurl = "https://shop.test"\n[targets.shop.functions.quote]\n{lines}')
    assert function
    return function


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value)


def test_a_function_has_no_stamp_no_region_and_no_lock_of_its_own_unless_it_says_so(tmp_path: Path) -> None:
    function = declared(tmp_path)
    assert (function.stamp, function.regions, function.signed_in, function.media_type) == (None, (), False, None)


@pytest.mark.parametrize(
    ("raw", "stamp"),
    [
        pytest.param({"header": "X-Build"}, BuildStamp(header="x-build"), id="header-in-lower-case"),
        pytest.param({"path": "/version"}, BuildStamp(path="/version", pointer="/commit"), id="path-of-its-own"),
        pytest.param({}, BuildStamp(path="", pointer="/commit"), id="the-function-itself"),
    ],
)
def test_a_stamp_stands_in_a_header_or_in_json(tmp_path: Path, raw: dict[str, str], stamp: BuildStamp) -> None:
    assert declared(tmp_path, stamp=raw).stamp == stamp


def test_a_stamp_in_both_places_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(TargetsError, match="stamp"):
        declared(tmp_path, stamp={"header": "x-build", "path": "/version"})


def test_regions_are_names_of_regions(tmp_path: Path) -> None:
    assert declared(tmp_path, regions=["eu-central-1", "ap-northeast-2"]).regions == ("eu-central-1", "ap-northeast-2")
    with pytest.raises(TargetsError, match="regions"):
        declared(tmp_path, regions=["Frankfurt"])


def test_a_target_elsewhere_has_a_management_token_only_where_one_is_named(tmp_path: Path) -> None:
    url = '[targets.shop]\nurl = "https://shop.test"\n'
    assert built(tmp_path, url)[1].management_token is None


def test_an_embedded_target_has_a_management_token_of_its_own(tmp_path: Path) -> None:
    _, supabase = built(tmp_path, '[targets.shop.embedded]\napp = "."\n')
    token = supabase.management_token
    assert token
    assert TOKEN.fullmatch(token.value or "")
    assert token.made_up


def test_sources_are_known_by_their_digests_and_leave_out_what_is_not_deployed(tmp_path: Path) -> None:
    for name in ("quote/index.ts", "_shared/http.ts", "node_modules/x/index.js", ".env", "quote/.git/config"):
        path = tmp_path / "supabase" / "functions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    text = '[targets.shop]\nurl = "https://shop.test"\n' + PROJECT + 'sources = "supabase/functions"\n'
    (tmp_path / "targets.toml").write_text(text, encoding="utf-8")
    supabase = Builder(file.read(tmp_path / "targets.toml"), Order(), {}).build("shop").supabase
    assert supabase
    assert supabase.sources == {"_shared/http.ts": digest(b"text"), "quote/index.ts": digest(b"text")}


def test_a_folder_of_sources_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    text = '[targets.shop]\nurl = "https://shop.test"\n' + PROJECT + 'sources = "nowhere"\n'
    (tmp_path / "targets.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TargetsError, match="nowhere"):
        Builder(file.read(tmp_path / "targets.toml"), Order(), {}).build("shop")
