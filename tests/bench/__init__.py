"""Benchmarks against other pipelines."""
