"""The process and the machine: clock, logs, paths, signals, sensors, state files."""
