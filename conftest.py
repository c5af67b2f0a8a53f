"""Names the plugin for a checkout in which it is not installed; nothing else."""

pytest_plugins = ["prodworthy.plugin"]
