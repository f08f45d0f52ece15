"""What Raspberry Pi OS Bookworm reads at its first boot: custom.toml for user and network, firstrun.sh for the rest.

The first one is read by /usr/lib/raspberrypi-sys-mods/firstboot before the system starts, the second one is named on
the kernel's command line, as Raspberry Pi Imager does it.
"""

from edge.card.partition import FOLDER
from edge.card.plan import Plan
from edge.config.toml import quoted

FIRST_BOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
"""On the kernel's command line of a card that has not been booted yet."""
_RUN = (
    "systemd.run=/boot/firmware/firstrun.sh systemd.run_success_action=reboot systemd.unit=kernel-command-line.target"
)

FIRST_RUN = f"""\
#!/bin/sh
# Written by emotion-edge card. Runs once, as root; then the device starts again, and enrols itself.
# A power cut before its end lets it run once more.
sh /boot/firmware/{FOLDER}/first-boot.sh || echo "emotion-edge: see the line above; this device does not enrol" >&2
sed -i 's| systemd\\.run[^ ]*||g; s| systemd\\.unit=kernel-command-line\\.target||' /boot/firmware/cmdline.txt
rm -f /boot/firmware/firstrun.sh
sync
"""


def custom_toml(plan: Plan) -> str:
    """Return user, ssh, Wi-Fi and locale; a user without a password cannot log in by one."""
    keys = ", ".join(map(quoted, plan.ssh_keys))
    lines = [
        "# Written by emotion-edge card.",
        "config_version = 1",
        "",
        "[system]",
        f"hostname = {quoted(plan.host_name)}",
    ]
    lines += ["", "[user]", f"name = {quoted(plan.user)}"]
    lines += ["", "[ssh]", "enabled = true", "password_authentication = false", f"authorized_keys = [{keys}]"]
    if plan.wifi is not None:
        lines += ["", "[wlan]", f"ssid = {quoted(plan.wifi.ssid)}", f"password = {quoted(plan.wifi.psk)}"]
        lines += ["password_encrypted = true", f"country = {quoted(plan.wifi.country)}"]
    if plan.time_zone:
        lines += ["", "[locale]", f"timezone = {quoted(plan.time_zone)}"]
    return "\n".join(lines) + "\n"


def command_line(text: str) -> str:
    """Return cmdline.txt with the run of firstrun.sh, once."""
    words = [word for word in text.split() if not word.startswith("systemd.run")]
    kept = [word for word in words if word != "systemd.unit=kernel-command-line.target"]
    return " ".join([*kept, _RUN]) + "\n"
