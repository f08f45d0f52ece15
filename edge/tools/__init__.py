"""What helps to set a device up, on single pictures or a source at full speed: aim, bench, count."""
