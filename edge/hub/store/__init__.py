"""The history: its tables, what writes them, and what reads them."""
