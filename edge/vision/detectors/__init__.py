"""Face detectors, one file for each kind."""
