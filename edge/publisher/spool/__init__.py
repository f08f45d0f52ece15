"""Records that wait for the broker, in memory and on disk."""
