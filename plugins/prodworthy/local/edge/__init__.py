"""The edge network, embedded: static output over HTTPS by the rules of vercel.json."""

from prodworthy.local.edge.app import Edge, to_https
from prodworthy.local.edge.build import Build, build_of, read_build

__all__ = ["Build", "Edge", "build_of", "read_build", "to_https"]
