"""Random and coverage-guided bytes for everything that decodes: `make fuzz`, or `python -m tests.fuzz --help`."""
