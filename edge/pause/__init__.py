"""Pause: while it lasts the camera is closed. Who can pause, and who can resume."""
