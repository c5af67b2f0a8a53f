"""What was seen of a back end by those who hold more than the public key: its server, and signed-in users."""

from __future__ import annotations

from dataclasses import dataclass

from prodworthy.model.backend import Key
from prodworthy.model.exchange import Exchange, Gap, gaps_in
from prodworthy.model.measurement import Measurement, retries_in
from prodworthy.model.target import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many rows a declared table has for the server, whom no policy stops."""

    declared: Table
    exchange: Exchange  # a HEAD: no row crosses the wire
    rows: int | None = None  # None: not told


@dataclass(frozen=True, slots=True, kw_only=True)
class Undeclared:
    """A table that nobody has declared, asked for as anon."""

    schema: str
    name: str
    read: Exchange  # values blanked out
    rows: int | None = None  # of the one that was asked for; None: not told


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What only the secret key gets told: which tables there are, and how many rows."""

    url: str
    key: Key  # the secret one
    root: Exchange  # the schema's description, reduced to names
    counted: tuple[Counted, ...] = ()
    undeclared: tuple[Undeclared, ...] = ()
    unread: int = 0  # further undeclared tables that were not asked for
    refused: tuple[Gap, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        counted = (each.exchange for each in self.counted)
        return (self.root, *counted, *(each.read for each in self.undeclared))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed; that the key was refused, too."""
        return (*gaps_in(self.exchanges), *self.refused)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took more than one try."""
        return retries_in(self.exchanges)

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What was too much to ask."""
        return (f"{self.unread} more tables that are not declared",) if self.unread else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRows:
    """What one signed-in user sees of a table whose rows have owners; counts of at most one."""

    declared: Table
    user: str  # which of the declared users: "user", "stranger"
    others: Exchange  # rows of somebody else, values blanked out
    own: Exchange
    others_seen: bool | None = None  # None: not told
    own_seen: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Tables whose rows have owners, as the test users see them."""

    url: str
    sessions: tuple[Exchange, ...] = ()  # signing in and out; tokens are blanked out
    seen: tuple[SeenRows, ...] = ()
    unasked: tuple[Gap, ...] = ()  # users who did not sign in, and why

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        return (*self.sessions, *(each for seen in self.seen for each in (seen.others, seen.own)))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed."""
        return (*gaps_in(self.exchanges), *self.unasked)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took more than one try."""
        return retries_in(self.exchanges)

    @property
    def not_asked(self) -> tuple[str, ...]:
        """Where seeing nothing proves nothing, because there may be nothing to see."""
        proved = {each.declared for each in self.seen if self.proved(each)}
        names = [
            f"{table.schema}.{table.name}"
            for table in dict.fromkeys(each.declared for each in self.seen)
            if table not in proved
        ]
        return tuple(f"whether users see each other's rows of {name}: no test user owns a row there" for name in names)

    def proved(self, seen: SeenRows) -> bool:
        """Whether somebody else is known to own a row of it."""
        of_others = (each for each in self.seen if each.declared == seen.declared and each.user != seen.user)
        return bool(seen.others_seen) or any(each.own_seen for each in of_others)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQL:
    """The GraphQL service, asked for its schema with the public key."""

    url: str
    exchange: Exchange
    declared: tuple[Table, ...] = ()
    fields: tuple[str, ...] = ()  # of queries and mutations

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed."""
        return gaps_in((self.exchange,))

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took more than one try."""
        return retries_in((self.exchange,))
