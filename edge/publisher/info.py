"""The payload of `info`: what the device is and how it is configured."""

from typing import Literal

from edge import __version__
from edge.config import Settings
from edge.config.for_board import values_of_board
from edge.contract.records import SCHEMA_VERSION, Heartbeat, Info
from edge.privacy.settings import InForce
from edge.publisher.state.last_exit import Reason

_OF_OBSERVER = ("model", "runtime", "network_isolated")
"""Fields of its heartbeat."""


def build_info(  # noqa: PLR0913 - all that the payload holds; it reads nothing else
    settings: Settings,
    device: str,
    privacy: InForce,
    *,
    configuration: str,
    configuration_from: Literal["file", "last good"],
    heartbeat: Heartbeat | None,
    protocol: Literal["5", "3.1.1"] | None,
    last_exit: Reason,
    board: str = "",
) -> Info:
    """Return the payload.

    Args:
        settings: in use.
        device: id of this device.
        privacy: the settings of disclosure control that are in force.
        configuration: hash of the settings, the same for equal settings.
        configuration_from: where they come from.
        heartbeat: the observer's latest; what only the observer knows is null without it.
        protocol: version of MQTT of the connection; None without one.
        last_exit: how the run before this one ended.
        board: its name by the device tree; empty where it is not known.

    """
    return Info.model_validate(
        {
            "schema": SCHEMA_VERSION,
            "device": device,
            "site": settings.device.site,
            "room": settings.device.room,
            "version": __version__,
            "mode": settings.mode,
            **{name: getattr(heartbeat, name, None) for name in _OF_OBSERVER},
            "configuration": configuration,
            "configuration_from": configuration_from,
            "board": board or None,
            "board_defaults": values_of_board(settings, board),
            "interval_seconds": settings.interval_seconds,
            **privacy._asdict(),
            "mqtt": protocol,
            "last_exit": last_exit,
        }
    )
