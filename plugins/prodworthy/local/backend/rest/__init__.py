"""The data API: PostgREST's behaviour over a real Postgres."""

from prodworthy.local.backend.rest.service import Rest

__all__ = ["Rest"]
