"""The shared vocabulary: plain data that every other concern speaks in."""

from prodworthy.model.network import Addresses, Embedded

__all__ = ["Addresses", "Embedded"]
