"""Tools for setting up a device: aim, bench and count."""
