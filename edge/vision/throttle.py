"""How much slower to scan on a device that is hot or short of power."""

_WARM, _HOT = 75.0, 82.0
"""Degrees Celsius; a Raspberry Pi slows its processor down between 80 and 85 (its documentation)."""
_NOW_UNDER_VOLTAGE, _NOW_SLOWED = 0x1, 0xE


def throttle(celsius: float | None, throttled: int | None) -> float:
    """Return by which factor to stretch the time between scans.

    Args:
        celsius: temperature of the processor, None where it is not known.
        throttled: the firmware's bits for what is the case now, and since start; None where there are none.

    """
    bits = throttled or 0
    if bits & _NOW_UNDER_VOLTAGE or (celsius is not None and celsius >= _HOT):
        return 4.0
    if bits & _NOW_SLOWED or (celsius is not None and celsius >= _WARM):
        return 2.0
    return 1.0
