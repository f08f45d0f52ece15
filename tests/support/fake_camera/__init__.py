"""A camera without hardware, below the real picamera2."""
