"""From a blank card to an enrolled device: what is written on the card, and the server that the new device asks.

`device` runs on the new device before anything is installed there, so it uses the standard library alone.
"""
