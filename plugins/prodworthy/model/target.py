"""A target: a named place where the app lives, and what its team expects of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import urlsplit

from prodworthy.model.finding import Severity
from prodworthy.model.hosting import Deployment, Hosting
from prodworthy.model.network import Addresses, Embedded
from prodworthy.model.path import ClickPath
from prodworthy.model.policy import Policy
from prodworthy.model.secret import Secret
from prodworthy.model.sources import Sources
from prodworthy.model.standing import Baseline

Json = Mapping[str, Any]
READS = frozenset({"GET", "HEAD"})


class Stage(StrEnum):
    """Why we look."""

    PRE_PROMOTE = "pre-promote"
    POST_PROMOTE = "post-promote"
    POST_ROLLBACK = "post-rollback"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """A budget in seconds; None: measured and shown, not judged."""

    median: float | None = None
    worst: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address whose answer is declared."""

    path: str  # relative to the target's URL, or absolute
    method: str = "GET"
    status: int = 200
    json: Any = None  # request body
    headers: Mapping[str, str] = field(default_factory=dict)
    schema: Json | None = None  # JSON Schema of the answer's body
    media_type: str | None = None
    latency: Latency = Latency()
    samples: int = 3  # how often a repeatable request is asked, for the median
    repeatable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that people visit."""

    path: str
    text: str | None = None  # visible on the rendered page
    role: str | None = None  # an ARIA role that is visible on the rendered page
    title: str | None = None
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Where a deployment says which build it is."""

    path: str = "/version.json"
    pointer: str = "/commit"  # JSON pointer
    expect: str | None = None  # from --expect-commit, or the targets file; None: only that there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table or view behind the REST data plane, and what the anonymous role may do with it."""

    name: str
    schema: str = "public"
    anon: tuple[Literal["select", "insert", "update", "delete"], ...] = ()
    min_rows: int = 0  # rows that anon must see when it may select
    columns: tuple[str, ...] = ()  # what to ask for, where grants are given column by column; empty: all
    owner: str | None = None  # the column with the id of the user whose row it is; None: rows belong to nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A storage bucket and whether its objects are public."""

    name: str
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A vector search with a canary: a query whose nearest row is known."""

    rpc: str
    args: Json = field(default_factory=dict)
    column: str = "id"  # of the first row
    expect: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A test user who can sign in."""

    email: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Supabase:
    """The back end and what it must let through."""

    url: str
    key: Secret  # publishable, or legacy anon
    tables: tuple[Table, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    searches: tuple[Search, ...] = ()
    realtime: str | None = "prodworthy"  # the channel to join; None: the app uses no realtime
    user: User | None = None
    stranger: User | None = None  # a second test user, who must not see the first one's rows
    signups: bool | None = None  # whether anybody may sign up; None: not judged
    database: Secret | None = None  # a connection string, for the catalog; optional
    secret_key: Secret | None = None  # a secret or service_role key, for what only servers may ask; optional
    management_token: Secret | None = None  # a personal access token of the platform; optional
    management_url: str = "https://api.supabase.com"  # origin of the management API
    ref: str | None = None  # the project's, where `url` is a domain of one's own
    sources: Sources | None = None  # that functions must have been deployed from; None: not compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a function is asked."""

    method: str = "POST"
    path: str = ""  # below the function's own address
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that the function must refuse, and how."""

    request: Request
    status: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStamp:
    """Where a function says which commit it was deployed from: in a header field, or in JSON at a path of its own."""

    header: str | None = None  # of its answers, in lower case; None: in JSON
    path: str = ""  # below the function's own address, asked by GET
    pointer: str = "/commit"  # JSON pointer


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """An edge function and how it must answer."""

    name: str
    request: Request = Request()
    status: int = 200
    schema: Json | None = None
    verify_jwt: bool = True
    repeatable: bool = False
    refusal: Refusal | None = None
    latency: Latency = Latency()
    origins: tuple[str, ...] = ()  # allowed CORS origins; empty: the target's own
    headers: tuple[str, ...] = ("authorization", "apikey", "content-type", "x-client-info")  # preflight must allow
    browser: bool = True  # called from pages, so that CORS matters; False: by servers only
    signed_in: bool = False  # its own code turns away whoever has no session, where the platform does not
    media_type: str | None = None  # of its answer; None: not judged
    stamp: BuildStamp | None = None  # None: it is not deployed with every release
    regions: tuple[str, ...] = ()  # where it must answer; empty: wherever the platform takes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """Sizes in bytes, web vitals in seconds; None: measured and shown, not judged."""

    initial: int | None = None
    total: int | None = None
    largest: int | None = None
    growth: float | None = None  # fraction of the baseline that it may grow by; None: the rule's own tolerance
    pages: Mapping[str, int] = field(default_factory=dict)  # declared path -> instead of `initial`
    measure: Literal["transferred", "gzip", "brotli"] = "gzip"
    lcp: float | None = None  # the largest paint
    inp: float | None = None  # from a click or key of a declared path to the next paint
    cls: float | None = None  # layout shift; no unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A message that is accepted, and why."""

    pattern: str  # regular expression, searched
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """How strictly pages are validated."""

    warnings: bool = False  # whether the checker's warnings are findings too
    obsolete: bool = False  # whether those about obsolete features are, whatever `warnings` says
    rendered: bool = False  # whether the DOM that the browser made of each page is validated too
    tolerance: int = 0  # different errors that are accepted
    ignore: tuple[Ignored, ...] = ()
    jar: str | None = None  # path of vnu.jar, when it is not to be searched


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What the header fields must do beyond what holds for every app."""

    private: tuple[str, ...] = ()  # globs of paths whose answers are personal, so that nothing may keep them
    grade: str | None = None  # the least letter of the MDN Observatory; None: whatever comes is shown, not judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsing:
    """How pages are looked at in the browser."""

    viewports: tuple[Literal["desktop", "mobile"], ...] = ("desktop", "mobile")
    ignore_console: tuple[Ignored, ...] = ()
    ignore_requests: tuple[Ignored, ...] = ()
    timeout: float = 30.0  # seconds for a page to settle
    accessibility: Literal["A", "AA", "AAA"] | None = "A"  # level of WCAG 2.2; None: not asked
    dark: bool = False  # whether the app has a dark mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A named place where the app lives, with everything that is expected of it."""

    name: str
    url: str  # origin, without a trailing slash
    domains: tuple[str, ...] = ()  # origins; the url's own when empty
    pages: tuple[Page, ...] = (Page(path="/"),)
    endpoints: tuple[Endpoint, ...] = ()
    identity: Identity | None = None
    unknown_path: Literal["404", "fallback"] = "404"  # what a path that does not exist answers
    certificate_days: int = 14  # a certificate must last at least so long
    supabase: Supabase | None = None
    functions: tuple[Function, ...] = ()
    budgets: Budgets = Budgets()
    protection: Protection = Protection()
    markup: Markup = Markup()
    browsing: Browsing = Browsing()
    paths: tuple[ClickPath, ...] = ()
    baseline: Baseline | None = None  # what "no worse than" rules compare with
    not_applicable: Mapping[str, str] = field(default_factory=dict)  # check -> reason
    gate: Severity = Severity.MEDIUM
    policy: Policy = field(default_factory=Policy)
    stage: Stage = Stage.PRE_PROMOTE
    hosting: Hosting | None = None  # the project that serves it; None: `url` is all that is known
    deployment: Deployment | None = None  # what is judged, where the host was asked; None: the address as given
    environment: tuple[str, ...] = ()  # variables that the team's own tests need, for runs that a command starts
    embedded: Embedded | None = None
    addresses: Addresses | None = None  # where an embedded deployment really listens
    unusable: str | None = None  # why it cannot be looked at: a variable that holds an address is not set

    def looked_at_elsewhere(self, url: str) -> Target:
        """The same front end at another origin, to compare with: production is read there, never written or called."""
        reads = tuple(each for each in self.endpoints if each.repeatable and each.method in READS)
        there = replace(self, name=f"{self.name} before", url=url, domains=(url,), endpoints=reads, baseline=None)
        # what is embedded here is not what is there, even under the same name
        there = replace(there, supabase=None, functions=(), paths=(), embedded=None, addresses=None)
        return replace(there, hosting=None, deployment=None)  # nor is its bypass for others

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything that comes from the environment; what an embedded deployment makes up is not among them."""
        walked = [secret for path in self.paths for secret in path.secrets]
        bypass = self.hosting.bypass if self.hosting else None
        named = [*self._backend_secrets(), *walked, *([bypass] if bypass else [])]
        return tuple(secret for secret in named if not secret.made_up)

    def _backend_secrets(self) -> tuple[Secret, ...]:
        if self.supabase is None:
            return ()
        backend = self.supabase
        passwords = [user.password for user in (backend.user, backend.stranger) if user]
        optional = (backend.database, backend.secret_key, backend.management_token)
        return tuple(each for each in (backend.key, *passwords, *optional) if each)

    @property
    def loopback(self) -> bool:
        """Whether the target is on this machine, so that politeness is not needed."""
        host = urlsplit(self.url).hostname or ""
        return self.addresses is not None or host in {"localhost", "127.0.0.1", "::1"}

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of the app's own hosts."""
        return _hosts_of(self.url, *self.domains)

    @property
    def declared_hosts(self) -> tuple[str, ...]:
        """Those, and the back end's."""
        return _hosts_of(self.url, *self.domains, *((self.supabase.url,) if self.supabase else ()))


def _hosts_of(*urls: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(urlsplit(url).hostname or "" for url in urls))
