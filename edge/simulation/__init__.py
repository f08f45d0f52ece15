"""Many simulated devices in one process, to test brokers, stores and dashboards.

Every device has a connection of its own and publishes records as a real one does: disclosure control, schema, topics,
phase within the interval, QoS 1. Only the people in front of its camera are made up: a room that fills and empties.
"""
