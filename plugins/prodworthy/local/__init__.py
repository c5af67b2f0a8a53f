"""The embedded deployment: an app's own build, database and functions, served for real on this machine."""
