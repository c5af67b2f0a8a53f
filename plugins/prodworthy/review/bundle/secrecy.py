"""Does it tell more than it should, and does it talk to the right back end?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prodworthy.model import Control, Cure, Severity, Shortfall
from prodworthy.model.bundle import Bundle, Leak, Sign
from prodworthy.review.bundle.naming import named
from prodworthy.review.rules import rule

API_KEYS = "https://supabase.com/docs/guides/api/api-keys"
ENVIRONMENT = "https://vite.dev/guide/env-and-mode#env-files"


@rule(
    "bundle.source-map-public",
    title="Source maps are not served to everybody",
    severity=Severity.LOW,  # code in a browser is public anyway; comments and names of files are what is added
    reason="Whoever wants can read the sources with their comments; they may be meant for an error tracker only.",
    remedy='build: { sourcemap: false } in vite.config, or "hidden", and delete the .map files after uploading them',
    references=["https://vite.dev/config/build-options#build-sourcemap", "OWASP ASVS 5.0, 13.4.6"],
    controls=[Control.CM, Control.SC],
)
def source_map_public(bundle: Bundle) -> Iterator[Shortfall]:
    mapped = [file for file in bundle.files if file.source_map]
    if mapped:
        maps = [file.url if file.source_map == "inline" else str(file.source_map) for file in mapped]
        inline = sum(file.source_map == "inline" for file in mapped)
        yield Shortfall(
            where=named(maps),
            wanted="no source map that everybody can fetch",
            got=f"{len(maps)} of them" + (f", {inline} inside the file itself" if inline else ""),
        )


@rule(
    "bundle.secret",
    title="Nothing that is served holds a secret",
    severity=Severity.CRITICAL,
    reason="Everybody can read it, and with it the database or the account; search engines of leaked keys find it "
    "within hours.",
    remedy="revoke it first, at the service that issued it; then keep it on the server: a variable named VITE_... is "
    "written into the build",
    references=[API_KEYS, ENVIRONMENT, "OWASP ASVS 5.0, 13.3.1"],
    cure=Cure.NONE,  # it is out, and the old build stays readable at its own address: only revoking it helps
    controls=[Control.IA, Control.SC],
)
def secret(bundle: Bundle) -> Iterator[Shortfall]:
    for (what, shown), where in _places(bundle, by_name=False).items():
        yield Shortfall(where=named(where), wanted="no secret", got=f"{what}, {shown}")


@rule(
    "bundle.secret-variable",
    title="No variable of the build is called a secret and served to everybody",
    severity=Severity.HIGH,
    reason="Variables with this prefix are written into the code that browsers load; the name says that this one was "
    "not meant to be.",
    remedy="if it is a secret, revoke it and read it on the server, from a name without the prefix; if it is not, "
    "call it something else",
    references=[ENVIRONMENT, "OWASP ASVS 5.0, 13.3.1"],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def secret_variable(bundle: Bundle) -> Iterator[Shortfall]:
    for (name, shown), where in _places(bundle, by_name=True).items():
        yield Shortfall(where=named(where), wanted=f"no value of {name}", got=shown)


@rule(
    "bundle.private-file",
    title="No private file lies among those that are served",
    severity=Severity.CRITICAL,
    reason="Environment files, repositories and dumps hold the keys, the sources and the customers; scanners ask every "
    "new address for them within minutes.",
    remedy="revoke what stands in it first; then take the file out of the folder that is deployed (Vite copies public/ "
    "as it is, dot files too) and deploy again",
    references=["OWASP ASVS 5.0, 13.4.1", "https://vite.dev/guide/assets#the-public-directory"],
    cure=Cure.NONE,  # what was read stays read, and the deployment keeps serving it at its own address
    controls=[Control.CM, Control.SC],
)
def private_file(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.private:
        yield Shortfall(where=file.url, wanted="status 404", got=file.what)


@rule(
    "bundle.other-project",
    title="The app talks to the Supabase project that the target names",
    severity=Severity.HIGH,
    reason="A build made with the variables of another environment writes customers' data where nobody looks for it; "
    "made with those of a developer's machine, it reaches nothing at all.",
    remedy="build again with this environment's VITE_SUPABASE_URL and key: in Vercel they are set for production, "
    "preview and development apart; or correct [targets.<name>.supabase] url",
    references=[API_KEYS, "https://vercel.com/docs/environment-variables#environments"],
)
def other_project(bundle: Bundle) -> Iterator[Shortfall]:
    signs = list(_signs(bundle))
    wanted = f"the project {bundle.project}" if bundle.project else "the back end that the target names"
    for place, sign in signs:
        if sign.key and bundle.project and sign.ref not in {None, bundle.project}:
            yield Shortfall(where=place, wanted=wanted, got=f"{sign.what} {sign.shown} of the project {sign.ref}")
    addresses = [(place, sign) for place, sign in signs if not sign.key]
    if addresses and not any(_perhaps_own(sign, bundle.project) for _, sign in addresses):
        place, sign = addresses[0]
        yield Shortfall(where=place, wanted=wanted, got=sign.shown)


@rule(
    "bundle.key-not-declared",
    title="The back end is checked with the key that the app uses",
    severity=Severity.LOW,  # a project may have several keys: the app works, but it is not what was looked at
    reason="What the Supabase check saw holds for its own key; people's browsers send another one.",
    remedy="let [targets.<name>.supabase] key name the variable that the build was made with: "
    'key = { env = "VITE_SUPABASE_KEY" }',
    references=[API_KEYS],
)
def key_not_declared(bundle: Bundle) -> Iterator[Shortfall]:
    keys = [(at, each) for at, each in _signs(bundle) if each.key and each.ref in {None, bundle.project or each.ref}]
    if keys and all(sign.declared is False for _, sign in keys):
        place, sign = keys[0]
        yield Shortfall(where=place, wanted="the key that the target names", got=f"{sign.what} {sign.shown}")


def _perhaps_own(address: Sign, project: str | None) -> bool:
    """Behind a domain of one's own there may be any project, but never a developer's machine."""
    return address.declared is True or (address.ref is not None and address.ref == (project or address.ref))


def _places(bundle: Bundle, *, by_name: bool) -> dict[tuple[str, str], list[str]]:
    """Where each secret stands: what (or in which variable) and how it is shown -> places."""
    found: dict[tuple[str, str], list[str]] = {}
    for url, leaks in _leaks(bundle):
        for leak in leaks:
            if (leak.variable is not None) is by_name:
                found.setdefault((leak.variable or leak.what, leak.shown), []).append(f"{url}:{leak.line}")
    return found


def _leaks(bundle: Bundle) -> Iterator[tuple[str, Iterable[Leak]]]:
    yield from ((entry.url, entry.leaks) for entry in bundle.entries)
    yield from ((file.url, file.leaks) for file in bundle.files)
    yield from bundle.maps


def _signs(bundle: Bundle) -> Iterator[tuple[str, Sign]]:
    yield from ((f"{entry.url}:{sign.line}", sign) for entry in bundle.entries for sign in entry.signs)
    yield from ((f"{file.url}:{sign.line}", sign) for file in bundle.files for sign in file.signs)
