"""How somebody arrives at a target who knows only its host: what a scanner from outside gets to see."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from prodworthy.model.exchange import Exchange, Gap, unread_in
from prodworthy.model.measurement import Measurement
from prodworthy.model.standing import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The way to the page at the root; redirects are followed as far as the target's own hosts."""

    way: tuple[Exchange, ...]  # from the target's address on, one exchange for each origin
    plain: tuple[Exchange, ...] = ()  # the same from http:// on; none: which port that would have is not known
    preflight: Exchange | None = None  # OPTIONS at the end of the way, for a page of a foreign origin

    @property
    def host(self) -> str:
        """The one that was known."""
        return urlsplit(self.way[0].url).hostname or ""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not seen of it; that plain HTTP is closed is nothing missing."""
        return unread_in((*self.way, *([self.preflight] if self.preflight else ())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What the page gets by the method of the MDN HTTP Observatory."""

    url: str  # of the root
    grade: Grade | None  # None: there is none, see `why` and the gaps
    why: str = ""
    gaps: tuple[Gap, ...] = ()

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """The score, whatever is demanded of it."""
        if self.grade is None:
            return ()
        what = f"MDN Observatory grade {self.grade.letter}"
        return (Measurement(what=what, value=self.grade.score, unit="of 100"),)
