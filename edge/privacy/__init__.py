"""Which of the counted values may be published."""
