"""What a real browser sees of a target."""

from prodworthy.evidence.smoke.gathering import gather

__all__ = ["gather"]
