"""What was seen of a Supabase back end from outside: declared beside seen, so that rules need nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prodworthy.model.exchange import Answer, Cause, Exchange, Gap, gaps_in
from prodworthy.model.measurement import Measurement, retries_in
from prodworthy.model.platform import BENEATH, Sign, body, describe, sign, status
from prodworthy.model.target import Bucket, Search, Table

Write = Literal["insert", "update", "delete"]
NO_USER = (
    'no test user is given (supabase.user = { email = "test@example.com", password = { env = "TEST_USER_PASSWORD" } })'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What an API key gives away about itself; never its value."""

    name: str  # of the environment variable that holds it
    kind: Literal["publishable", "secret", "legacy", "unknown"]
    role: str | None = None  # of a legacy key, which is a JWT
    ref: str | None = None  # the project a legacy key was made for
    shown: str = ""  # the first letters, for people

    @property
    def public(self) -> bool:
        """Whether a browser may hold it; of tokens only those of role anon, the others are somebody's own."""
        return self.role == "anon" if self.kind == "legacy" else self.kind != "secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """The auth service, and the configured user's way in."""

    url: str  # of the project
    key: Key
    ref: str | None = None  # the project's, declared or by its address
    signups: bool | None = None  # whether the team says that anybody may sign up
    health: Exchange | None = None  # None: the key is not one that may be sent
    settings: Exchange | None = None
    jwks: Exchange | None = None
    sign_in: Exchange | None = None  # None: no user is configured; tokens are blanked out
    user: Exchange | None = None  # asked with the token that signing in gave
    sign_out: Exchange | None = None
    unasked: Gap | None = None  # why the configured user did not sign in

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        asked = (self.health, self.settings, self.jwks, self.sign_in, self.user, self.sign_out)
        return tuple(each for each in asked if each)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed."""
        return (*gaps_in(self.exchanges), *((self.unasked,) if self.unasked else ()))

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took more than one try."""
        return retries_in(self.exchanges)

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What was left out because it is optional, and what would let it be asked."""
        if self.sign_in or self.unasked or not self.key.public:
            return ()
        return (f"signing in: {NO_USER}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question whether the anonymous role may write, asked in a way that cannot change a row."""

    write: Write
    subject: Literal["grant", "policy"]  # what the answer tells about
    exchange: Exchange | None = None
    unasked: str | None = None  # why there is no exchange

    @property
    def unclear(self) -> str | None:
        """Why it is not known whether the privilege is held."""
        answer = self.exchange.answered if self.exchange else None
        open_questions = {
            None,
            Sign.NO_COLUMN,
            Sign.SECRET_ONLY,
            *({Sign.NO_GRANT} if self.subject == "policy" else ()),
        }
        if answer is None or answer.status < 400 or sign(answer) not in open_questions:
            return self.unasked
        return f"the answer {describe(answer)} does not tell{self.hint}"

    @property
    def hint(self) -> str:
        """What would let the question be asked where the answer does not tell."""
        catalog = "supabase.database or supabase.management_token lets the catalog tell"
        return f" ({catalog})" if self.subject == "policy" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTable:
    """One declared table as the anonymous role sees it."""

    declared: Table
    read: Exchange  # values blanked out: which columns came is kept, what they held is not
    rows: int | None = None  # how many anon can see; None: not told
    probes: tuple[Probe, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        return (self.read, *(probe.exchange for probe in self.probes if probe.exchange))

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What is not known of it, and what would tell."""
        name = f"{self.declared.schema}.{self.declared.name}"
        asked = [each for each in self.probes if each.write == "insert" or each.write in self.declared.anon]
        unclear = {each.write: each.unclear for each in asked if each.unclear}
        writes = tuple(f"whether anon may {write} in {name}: {why}" for write, why in unclear.items())
        if "select" in self.declared.anon and self.rows == 0 and not self.declared.min_rows:
            told = "none came, and a lost policy looks the same (min_rows = 1, if there should be some)"
            return (f"whether anybody sees the rows of {name}: {told}", *writes)
        return writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The REST data plane, asked with the public key and nobody signed in."""

    url: str
    key: Key
    root: Exchange  # the schema's description, which public keys must not get
    seen: tuple[SeenTable, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        return (self.root, *(each for table in self.seen for each in table.exchanges))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed."""
        return gaps_in(self.exchanges)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took more than one try."""
        return retries_in(self.exchanges)

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What was left out because it is optional, and what would let it be asked."""
        if not self.seen:
            return ('tables: none is declared (supabase.tables = [{ name = "...", anon = ["select"] }])',)
        return tuple(each for table in self.seen for each in table.not_asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBucket:
    """One declared bucket as the anonymous role sees it."""

    declared: Bucket
    public: Exchange  # an object that does not exist, asked for at the public address
    listing: Exchange  # its objects, asked for as anon; names blanked out

    @property
    def served(self) -> bool | None:
        """Whether the public address knows the bucket; None: the answer does not tell."""
        answer = self.public.answered
        if answer is None:
            return None
        if answer.status == 200 and body(answer):
            return True
        told = [str(body(answer).get(key, "")).lower() for key in ("message", "error")]
        known = {"object not found": True, "bucket not found": False}
        return next((known[text] for text in known if any(text in each for each in told)), None)

    @property
    def listed(self) -> bool | None:
        """Whether anon gets anything of it listed; None: the answer does not tell."""
        answer = self.listing.answered
        if answer is None:
            return None
        if answer.status >= 400:
            return False if body(answer) and status(answer) in {401, 403, 404} else None
        try:
            found = answer.json()
        except ValueError:
            return None
        return bool(found) if isinstance(found, list) else None

    @property
    def unclear(self) -> tuple[Exchange, ...]:
        """What was answered in words that tell nothing; without what has its cause beneath the service."""
        told = ((self.public, self.served), (self.listing, self.listed))
        unclear = ((each, each.answered) for each, found in told if found is None)
        return tuple(each for each, answer in unclear if answer and sign(answer) not in BENEATH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The storage service and the declared buckets."""

    url: str
    key: Key
    status: Exchange
    buckets: Exchange  # those that anon may list
    health: Exchange | None = None  # 200 in any case: whether all is well stands in the body
    seen: tuple[SeenBucket, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        health = (self.health,) if self.health else ()
        return (
            self.status,
            self.buckets,
            *health,
            *(each for seen in self.seen for each in (seen.public, seen.listing)),
        )

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed, and what was answered in words that tell nothing; server errors are judged."""
        unclear = ((each, each.answered) for seen in self.seen for each in seen.unclear)
        return (
            *gaps_in(self.exchanges),
            *(_unclear(each, answer) for each, answer in unclear if answer and status(answer) < 500),
        )

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took more than one try."""
        return retries_in(self.exchanges)

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What was left out because it is optional, and what no public key can ask."""
        if not self.seen:
            return ('buckets: none is declared (supabase.buckets = [{ name = "...", public = true }])',)
        hidden = [each.declared.name for each in self.seen if each.served is False and not each.declared.public]
        unknown = ", ".join(name for name in hidden if self.told_public(name) is None)
        same = "the public key gets the same answer for a bucket that is missing"
        return (f"whether these private buckets exist: {unknown}; {same}",) if unknown else ()

    def told_public(self, name: str) -> bool | None:
        """Whether a bucket is public by the list that anon gets; None: it is not in the list."""
        answer = self.buckets.answered
        try:
            buckets = answer.json() if answer and answer.status == 200 else None
        except ValueError:
            return None
        named = (each for each in buckets if isinstance(each, dict)) if isinstance(buckets, list) else ()
        return next((bool(each.get("public")) for each in named if name in (each.get("id"), each.get("name"))), None)


def _unclear(exchange: Exchange, answer: Answer) -> Gap:
    why = f"{exchange.purpose} was answered by {describe(answer)}, which does not tell"
    return Gap(what=f"{exchange.method} {exchange.url}", why=why, cause=Cause.ENGINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the realtime service said to the wish to join a channel."""

    status: str  # "ok", "error"
    reason: str = ""
    elapsed: float = 0.0  # seconds from the wish to the reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Realtime:
    """A websocket that tried to join a channel; everything is None when the app uses no realtime."""

    url: str
    key: Key
    channel: str | None = None
    handshake: Exchange | None = None
    reply: Reply | None = None
    ping: Exchange | None = None  # of the service's HTTP half

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        return tuple(each for each in (self.handshake, self.ping) if each)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed; the ping is no gap, because not every project may offer it."""
        return gaps_in((self.handshake,))

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took more than one try."""
        return retries_in(self.exchanges)

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What was left out because the target says so."""
        return () if self.channel else ("joining a realtime channel: supabase.realtime = false",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSearch:
    """One declared search and what it found for its canary."""

    declared: Search
    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Searches:
    """The declared vector searches."""

    url: str
    key: Key
    seen: tuple[SeenSearch, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        return tuple(each.exchange for each in self.seen)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed."""
        return gaps_in(self.exchanges)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took more than one try."""
        return retries_in(self.exchanges)

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What was left out because it is optional, and what would let it be asked."""
        return (
            () if self.seen else ('searches: none is declared (supabase.searches = [{ rpc = "...", expect = "..." }])',)
        )
