"""The features that Permissions-Policy can switch, as browsers and specifications name them."""

from __future__ import annotations

_SENSITIVE = """
    = _SENSITIVE __future__ annotations from import
"""
_OTHER = """
    _OTHER
"""
SENSITIVE = frozenset(_SENSITIVE.split())
KNOWN = SENSITIVE | frozenset(_OTHER.split())
