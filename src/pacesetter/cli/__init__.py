"""The command line: a thin face over the same calls as every other face."""
