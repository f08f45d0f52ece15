"""A button that pauses, and a lamp that is lit while the camera is open, on GPIO pins of the Pi."""

from collections.abc import Callable
from functools import partial
from typing import Any

from edge.config import Pause
from edge.errors import ConfigError

_BOUNCE_SECONDS = 0.05


class Panel:
    """Button and lamp, each optional; pins have GPIO (Broadcom) numbers, the button is between its pin and ground."""

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
        if settings.button_gpio >= 0:
            button = self._acquired(
                "button_gpio", settings.button_gpio, partial(gpiozero.Button, bounce_time=_BOUNCE_SECONDS)
            )
            button.when_pressed = on_press
        if settings.lamp_gpio >= 0:
            self._lamp = self._acquired("lamp_gpio", settings.lamp_gpio, gpiozero.LED)

    def show(self, *, watching: bool) -> None:
        """Switch the lamp on while the camera is open, else off."""
        if self._lamp is not None:
            self._lamp.value = watching

    def close(self) -> None:
        """Release the pins; this switches the lamp off."""
        while self._devices:
            self._devices.pop().close()
        self._lamp = None

    def _acquired(self, key: str, pin: int, make: Callable[[int], Any]) -> Any:  # noqa: ANN401 - of an optional library
        try:
            device = make(pin)
        except Exception as error:  # gpiozero passes on what the library below it raises, such as lgpio.error
            self.close()
            remedy = (
                f"correct pause.{key}, add this user to the group gpio, or end what else uses the pin: see "
                "`sudo cat /sys/kernel/debug/gpio`"
            )
            raise ConfigError(f"GPIO {pin}", f"cannot be used ({error})", remedy) from error
        self._devices.append(device)
        return device
