"""Sources of frames, one file for each kind."""
