"""Which hosts browsers know to be HTTPS only before the first visit: Chromium's preload list of January 2025.

A host that came to the list later counts as not preloaded.
"""

from __future__ import annotations

import warnings
from functools import lru_cache

from hstspreload import in_hsts_preload  # type: ignore[import-untyped]


@lru_cache(maxsize=1024)
def is_preloaded(host: str) -> bool:
    """Whether the host itself is on the list, or a parent with all its subdomains."""
    try:
        name = host.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the package, on Python 3.11 and 3.12
        return bool(name and in_hsts_preload(name))
