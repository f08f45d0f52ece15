"""How Home Assistant learns of the device."""
