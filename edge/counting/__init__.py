"""What a count is, and what of it may be told: pure functions without clock, socket or file."""
