"""What an app's `supabase/` folder says about its project."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodworthy.local.errors import DeploymentFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSource:
    """One edge function of the app."""

    slug: str
    entrypoint: Path
    verify_jwt: bool = True
    import_map: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The settings of `config.toml` that the hosted platform acts on too; defaults as the platform has them."""

    folder: Path  # the app's supabase/
    schemas: tuple[str, ...] = ("public", "graphql_public")
    extra_search_path: tuple[str, ...] = ("public", "extensions")
    max_rows: int = 1000
    auto_expose_new_tables: bool = False  # new projects since 2026-05-30
    seeds: tuple[Path, ...] = ()
    enable_signup: bool = True
    confirm_email: bool = False
    jwt_expiry: int = 3600  # seconds
    minimum_password_length: int = 6
    site_url: str = "http://localhost:3000"
    functions: Mapping[str, FunctionSource] = field(default_factory=dict)
    function_environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def migrations(self) -> Path:
        """Where the migrations lie, whether there are any or not."""
        return self.folder / "migrations"


def read(app: Path) -> Project:
    """The project of an app's folder. Raises DeploymentFailed for a config.toml that cannot be read."""
    folder = app / "supabase"
    settings = _settings(folder / "config.toml")
    api, auth, database = (settings.get(name, {}) for name in ("api", "auth", "db"))
    return Project(
        folder=folder,
        schemas=tuple(api.get("schemas", ("public", "graphql_public"))),
        extra_search_path=tuple(api.get("extra_search_path", ("public", "extensions"))),
        max_rows=int(api.get("max_rows", 1000)),
        auto_expose_new_tables=bool(api.get("auto_expose_new_tables", False)),
        seeds=_seeds(folder, database.get("seed", {})),
        enable_signup=bool(auth.get("enable_signup", True) and auth.get("email", {}).get("enable_signup", True)),
        confirm_email=bool(auth.get("email", {}).get("enable_confirmations", False)),
        jwt_expiry=int(auth.get("jwt_expiry", 3600)),
        minimum_password_length=int(auth.get("minimum_password_length", 6)),
        site_url=str(auth.get("site_url", "http://localhost:3000")),
        functions=_functions(folder, settings.get("functions", {})),
        function_environment=_environment(folder / "functions" / ".env"),
    )


def _settings(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeploymentFailed(f"supabase/config.toml cannot be read: {error}") from error


def _seeds(folder: Path, settings: Mapping[str, Any]) -> tuple[Path, ...]:
    """Files of `[db.seed] sql_paths` (globs, relative to supabase/), in the order given, each once."""
    if not settings.get("enabled", True):
        return ()
    patterns = settings.get("sql_paths", ["./seed.sql"])
    found = (path for pattern in patterns for path in sorted(folder.glob(pattern.removeprefix("./"))))
    return tuple(dict.fromkeys(found))


def _functions(folder: Path, settings: Mapping[str, Any]) -> dict[str, FunctionSource]:
    """Folders of supabase/functions with an entrypoint; names that begin with an underscore hold shared code."""
    root = folder / "functions"
    slugs = {path.name for path in root.iterdir() if path.is_dir()} if root.is_dir() else set()
    found = {}
    for slug in sorted(slugs | settings.keys()):
        own = settings.get(slug, {})
        entrypoint = _relative(folder, own.get("entrypoint")) or root / slug / "index.ts"
        if slug.startswith(("_", ".")) or not own.get("enabled", True) or not entrypoint.is_file():
            continue
        found[slug] = FunctionSource(
            slug=slug,
            entrypoint=entrypoint,
            verify_jwt=bool(own.get("verify_jwt", True)),
            import_map=_relative(folder, own.get("import_map")) or _beside(entrypoint, root),
        )
    return found


def _relative(folder: Path, path: str | None) -> Path | None:
    return (folder / path).resolve() if path else None


def _beside(entrypoint: Path, root: Path) -> Path | None:
    """The configuration that the platform's bundler takes when none is named."""
    candidates = [entrypoint.parent / name for name in ("deno.json", "deno.jsonc", "import_map.json")]
    return next((path for path in [*candidates, root / "import_map.json"] if path.is_file()), None)


def _environment(path: Path) -> dict[str, str]:
    """`supabase/functions/.env`: NAME=value lines, quotes optional."""
    if not path.is_file():
        return {}
    lines = (line.strip().removeprefix("export ") for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
