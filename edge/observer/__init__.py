"""The process that sees."""
