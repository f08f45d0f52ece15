"""Not looking: who may ask for it, and that it holds. Paused means that the camera is closed."""
