"""Judging: pure rules over evidence, and the verdict over what they found."""
