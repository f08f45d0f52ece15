"""Attacks that someone tried, kept as tests."""
