"""The operator's commands: what production serves, where it can go, and moving it there."""
