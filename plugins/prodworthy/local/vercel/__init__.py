"""The front end's platform, emulated: its API, its jobs that take time, and everything that can go wrong in them."""
