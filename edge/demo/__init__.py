"""`emotion-edge demo`: everything on one machine, on loopback."""
