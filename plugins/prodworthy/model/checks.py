"""The seven checks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One of the seven questions."""

    name: str  # also the first part of its rules' ids
    title: str
    file: str  # in verify/


CHECKS = (
    Check(name="health", title="Health", file="test_health.py"),
    Check(name="headers", title="Security headers", file="test_security_headers.py"),
    Check(name="supabase", title="Supabase connectivity", file="test_supabase.py"),
    Check(name="functions", title="Edge functions", file="test_edge_functions.py"),
    Check(name="bundle", title="Bundle size", file="test_bundle_size.py"),
    Check(name="html", title="HTML validation", file="test_html.py"),
    Check(name="smoke", title="Browser smoke", file="test_smoke.py"),
)
