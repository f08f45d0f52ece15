"""Attacks on what the product promises, by real clients against real processes, and how much each still gains."""
