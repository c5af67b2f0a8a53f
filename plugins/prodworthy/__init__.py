"""Is this deployment worthy of production? Seven checks, one verdict, a rollback only when it helps."""

__version__ = "0.1.0"
