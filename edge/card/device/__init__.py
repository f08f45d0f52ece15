"""What a new device does at its first boot, from the wheel on its card: no other package is there yet."""
