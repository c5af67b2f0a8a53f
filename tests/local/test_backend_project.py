"""What `supabase/` says about a project, read and acted on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from prodworthy.local.backend import project as projects
from prodworthy.local.backend.imports import import_map
from prodworthy.local.errors import DeploymentFailed


def _folder(app: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = app / "supabase" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return app


def test_an_app_without_any_settings_is_a_project(tmp_path: Path) -> None:
    project = projects.read(tmp_path)
    assert (project.schemas, project.seeds, dict(project.functions)) == (("public", "graphql_public"), (), {})


def test_a_broken_config_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(DeploymentFailed, match=r"supabase/config\.toml cannot be read: .*line 2"):
        projects.read(_folder(tmp_path, {"config.toml": "[api]\nschemas = oops\n"}))


def test_seeds_are_globs_in_the_order_given_each_file_once(tmp_path: Path) -> None:
    config = '[db.seed]\nsql_paths = ["./seeds/b.sql", "./seeds/*.sql"]\n'
    app = _folder(tmp_path, {"config.toml": config, "seeds/a.sql": "", "seeds/b.sql": "", "seed.sql": ""})
    assert [path.name for path in projects.read(app).seeds] == ["b.sql", "a.sql"]
    off = _folder(tmp_path / "off", {"config.toml": "[db.seed]\nenabled = false\n", "seed.sql": ""})
    assert projects.read(off).seeds == ()


def test_functions_are_folders_with_an_entrypoint(tmp_path: Path) -> None:
    app = _folder(
        tmp_path,
        {
            "config.toml": '[functions.two]\nverify_jwt = false\nentrypoint = "./functions/two/main.ts"\n'
            "[functions.off]\nenabled = false\n",
            "functions/one/index.ts": "",
            "functions/one/deno.json": "{}",
            "functions/two/main.ts": "",
            "functions/off/index.ts": "",
            "functions/_shared/x.ts": "",
            "functions/empty/readme.md": "",
        },
    )
    found = projects.read(app).functions
    assert {slug: source.verify_jwt for slug, source in found.items()} == {"one": True, "two": False}
    assert found["one"].import_map == app / "supabase" / "functions" / "one" / "deno.json"


def test_imports_from_elsewhere_are_led_to_installed_packages(tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "@scope" / "tool").mkdir(parents=True)
    source = tmp_path / "index.ts"
    source.write_text(
        "import a from 'jsr:@scope/tool@2'\nimport b from 'https://esm.sh/@scope/tool@2.1.0/sub?target=deno'\n"
        'import c from "https://esm.sh/absent@1"\n'
    )
    own = tmp_path / "deno.json"
    own.write_text('{\n  // comment\n  "imports": { "tool": "jsr:@scope/tool@^2", "shared/": "./shared/", },\n}')
    assert import_map([source], own, tmp_path / "node_modules")["imports"] == {
        "jsr:@scope/tool@2": "npm:@scope/tool",
        "https://esm.sh/@scope/tool@2.1.0/sub?target=deno": "npm:@scope/tool/sub",
        "jsr:@scope/tool@^2": "npm:@scope/tool",
        "tool": "npm:@scope/tool",
        "shared/": f"{(tmp_path / 'shared').as_uri()}/",
    }


def test_a_project_of_the_old_kind_grants_new_tables_to_everybody(serve_project: Callable[..., Any]) -> None:
    project = serve_project(
        {
            "config.toml": "[api]\nauto_expose_new_tables = true\nmax_rows = 2\n",
            "migrations/1_a.sql": "create table a (id int); insert into a select generate_series(1, 5);",
        }
    )
    answer = httpx.get(f"{project.url}/rest/v1/a", headers={"apikey": project.publishable})
    assert (answer.status_code, answer.json()) == (200, [{"id": 1}, {"id": 2}])
