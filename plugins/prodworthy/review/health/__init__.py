"""Rules of the health check: does the app answer, at every address, as the build that it should be?"""

from prodworthy.review.health.domains import every_domain
from prodworthy.review.health.endpoints import every_endpoint
from prodworthy.review.health.identity import every_identity
from prodworthy.review.health.paths import every_path

__all__ = ["every_domain", "every_endpoint", "every_identity", "every_path"]
