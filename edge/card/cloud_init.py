"""The files of cloud-init's data source NoCloud, which Raspberry Pi OS Trixie reads on the boot partition.

JSON is YAML, so no value has to be quoted by rules of our own. But YAML has no pair of escapes for a letter beyond
U+FFFF.
"""

import json
import re
from typing import Any

from edge.card.partition import FOLDER
from edge.card.plan import Plan

_GROUPS = "adm,dialout,cdrom,audio,users,sudo,video,games,plugdev,input,gpio,spi,i2c,netdev,render"
_SCRIPT = f"""\
#!/bin/sh
# At every boot, until the card has given what it brings: a power cut at the first one loses nothing.
for folder in /boot/firmware /boot; do
    [ ! -e "$folder/{FOLDER}/card.json" ] || exec sh "$folder/{FOLDER}/first-boot.sh" --start
done
"""


def user_data(plan: Plan) -> str:
    """Return what is set up at the first boot: user, host name, time zone, and what enrols the device."""
    user = {
        "name": plan.user,
        "groups": _GROUPS,
        "shell": "/bin/bash",
        "sudo": "ALL=(ALL) NOPASSWD:ALL",
        "lock_passwd": True,
        "ssh_authorized_keys": list(plan.ssh_keys),
    }
    values: dict[str, Any] = {
        "hostname": plan.host_name,
        "manage_etc_hosts": True,
        "users": [user],
        "ssh_pwauth": False,
        "write_files": [
            {"path": "/var/lib/cloud/scripts/per-boot/emotion-edge", "permissions": "0755", "content": _SCRIPT}
        ],
    }
    if plan.time_zone:
        values["timezone"] = plan.time_zone
    return "#cloud-config\n# Written by emotion-edge card.\n" + _yaml(values)


def meta_data(plan: Plan, instance: str) -> str:
    """Return the identity of this card: with a new one, cloud-init sets everything up again."""
    return _yaml({"dsmode": "local", "instance-id": instance, "local-hostname": plan.host_name})


def network_config(plan: Plan) -> str:
    """Return the network as netplan takes it: a cable, and the Wi-Fi where there is one."""
    network: dict[str, Any] = {"version": 2, "ethernets": {"eth0": {"dhcp4": True, "optional": True}}}
    if plan.wifi is not None:
        wlan = {
            "dhcp4": True,
            "optional": True,
            "regulatory-domain": plan.wifi.country,
            "access-points": {plan.wifi.ssid: {"password": plan.wifi.psk}},
        }
        network["wifis"] = {"wlan0": wlan}
    return _yaml({"network": network})


def command_line(text: str, instance: str) -> str:
    """Return cmdline.txt with this identity where it names another one: that would be stronger than meta-data."""
    return re.sub(r"(\bds=nocloud;[^\s]*?\b(?:i|instance-id)=)[^\s;]+", lambda found: found[1] + instance, text)


def _yaml(values: dict[str, Any]) -> str:
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())
