"""Rules of the health check: does the app answer, at every address, as the build that it should be?"""

from prodworthy.review.health.domains import every_route
from prodworthy.review.health.endpoints import every_endpoint, medians, slower
from prodworthy.review.health.identity import every_identity
from prodworthy.review.health.paths import every_path
from prodworthy.review.health.robots import every_robot
from prodworthy.review.health.transport import every_connection
from prodworthy.review.rules import together

every_domain = together(every_connection, every_route, every_robot)

__all__ = ["every_domain", "every_endpoint", "every_identity", "every_path", "medians", "slower"]
