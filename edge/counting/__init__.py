"""What a count is, and what of it may be published: pure functions without clock, socket or file."""
