"""Emotion models that ship with emotion-edge; see models/README.md in the source tree."""
