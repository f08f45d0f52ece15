"""A button that pauses, and a lamp that is on while the camera is open, on the GPIO pins of a Pi."""

from collections.abc import Callable
from typing import Any

from edge.config import Pause
from edge.errors import ConfigError

_BOUNCE_SECONDS = 0.05


class Panel:
    """Button and lamp, or either. Pins by GPIO (Broadcom) number; the button connects its pin to ground."""

    def __init__(self, settings: Pause, on_press: Callable[[], None]) -> None:
        """Acquire the pins.

        Raises:
            ConfigError: gpiozero is not installed, or a pin cannot be used.

        """
        self._devices: list[Any] = []
        self._lamp: Any = None
        if settings.button_gpio < 0 and settings.lamp_gpio < 0:
            return
        try:
            import gpiozero  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            remedy = "apt install python3-gpiozero python3-lgpio, or delete pause.button_gpio and pause.lamp_gpio"
            raise ConfigError("gpiozero", "is not installed", remedy) from error
        try:
            if settings.button_gpio >= 0:
                button = gpiozero.Button(settings.button_gpio, bounce_time=_BOUNCE_SECONDS)
                self._devices.append(button)
                button.when_pressed = on_press
            if settings.lamp_gpio >= 0:
                self._lamp = gpiozero.LED(settings.lamp_gpio)
                self._devices.append(self._lamp)
        except gpiozero.GPIOZeroError as error:
            self.close()
            pins = f"GPIO {settings.button_gpio}, {settings.lamp_gpio}"
            remedy = "correct pause.button_gpio and pause.lamp_gpio, and let this user use GPIO (group gpio)"
            raise ConfigError(pins, f"cannot be used ({error})", remedy) from error

    def show(self, *, watching: bool) -> None:
        """Switch the lamp on while the camera is open."""
        if self._lamp is not None:
            self._lamp.value = watching

    def close(self) -> None:
        """Release the pins; the lamp goes out."""
        while self._devices:
            self._devices.pop().close()
        self._lamp = None
