"""Looking at a Supabase back end, mostly from outside with the key that browsers hold; importing declares pieces."""

from prodworthy.evidence.backend.auth import auth
from prodworthy.evidence.backend.catalog import catalog
from prodworthy.evidence.backend.graphql import graphql
from prodworthy.evidence.backend.inventory import inventory
from prodworthy.evidence.backend.management import project_state
from prodworthy.evidence.backend.ownership import ownership
from prodworthy.evidence.backend.realtime import realtime
from prodworthy.evidence.backend.searches import searches
from prodworthy.evidence.backend.storage import storage
from prodworthy.evidence.backend.tables import tables

__all__ = [
    "auth",
    "catalog",
    "graphql",
    "inventory",
    "ownership",
    "project_state",
    "realtime",
    "searches",
    "storage",
    "tables",
]
