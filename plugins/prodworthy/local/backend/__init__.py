"""A Supabase project for one run: the vendor's services, emulated over a real Postgres."""

from prodworthy.local.backend.backend import Backend

__all__ = ["Backend"]
