"""Counts shown emotions in a room: frames of a camera in, aggregated counts over MQTT out, never a picture."""

__version__ = "0.2.0"
