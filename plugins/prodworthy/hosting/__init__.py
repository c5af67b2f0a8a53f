"""The host of the front end: what it serves, and moving production from one deployment to another, with proof."""
