"""Many devices in one process: what brokers, stores and dashboards are tested with.

Every device holds a connection of its own and sends records along the road of a true one: disclosure control, schema,
topics, phase within the interval, QoS 1. Only what its camera would have seen is made up: a room that fills and
empties.
"""
