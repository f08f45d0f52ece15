"""Pause: who may ask for it, and how it is kept. While paused the camera is closed."""
