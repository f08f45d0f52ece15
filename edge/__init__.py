"""Counts shown emotions in a room: a camera's frames in, aggregated counts out over MQTT, and no picture ever."""

__version__ = "0.1.0"
