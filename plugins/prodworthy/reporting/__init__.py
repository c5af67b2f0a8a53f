"""Reporting: the verdict as a person and as a script read it."""
