"""Targets: reading, checking and choosing what is to be judged."""
