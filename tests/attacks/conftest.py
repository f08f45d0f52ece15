"""The broker and the witness of the fault matrix."""

from tests.faults.conftest import broker, witness

__all__ = ["broker", "witness"]
