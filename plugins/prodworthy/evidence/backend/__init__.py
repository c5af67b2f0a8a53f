"""Looking at a Supabase back end from outside, with the key that browsers hold; importing it declares its pieces."""

from prodworthy.evidence.backend.auth import auth
from prodworthy.evidence.backend.catalog import catalog
from prodworthy.evidence.backend.realtime import realtime
from prodworthy.evidence.backend.searches import searches
from prodworthy.evidence.backend.storage import storage
from prodworthy.evidence.backend.tables import tables

__all__ = ["auth", "catalog", "realtime", "searches", "storage", "tables"]
