"""Looking: what is observed of one target, gathered once, as plain data."""
