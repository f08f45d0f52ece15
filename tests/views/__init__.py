"""What is made of published records: on a terminal, in a store, in flows."""
