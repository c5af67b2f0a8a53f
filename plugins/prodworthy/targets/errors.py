"""What can be wrong with a request for targets.

TargetsError          exit 4; the text names file, line, key, what was found and what is allowed
"""

from __future__ import annotations


class TargetsError(Exception):
    """The targets file, or the choice of targets, is not usable."""
