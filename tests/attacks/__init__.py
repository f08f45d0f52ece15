"""Attacks on a device, each by real processes; all have to fail."""
