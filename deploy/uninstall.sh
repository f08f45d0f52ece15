#!/bin/sh
# uninstall.sh [--purge]: remove emotion-edge; with --purge also its configuration, its secrets, its counts, the hub's history,
# its users, and what broker and Home Assistant know of it. Debian's packages and the lines in the journal stay.
set -eu
[ "$(id -u)" = 0 ] || { echo "uninstall.sh: must be root; run: sudo sh $0 $*" >&2; exit 77; }
case ${1:-} in "" | --purge) ;; *) sed -n '2,3s/^# *//p' "$0" >&2; exit 64 ;; esac
purge=${1:-}

# remove FOLDER...: one that is a mount point, as on a device with a read-only root, is emptied.
remove() {
    for each in "$@"; do
        if mountpoint -q "$each"; then find "$each" -xdev -mindepth 1 -delete; else rm -rf "$each"; fi
    done
}

say_what_the_broker_keeps() {
    echo "The broker still has the retained messages of this device. To remove them, on the broker:"
    echo "  mosquitto_sub -W 3 --remove-retained -t 'emotion-edge/v1/SITE/DEVICE/#' -t homeassistant/device/DEVICE/config"
}

# Mosquitto stays, with the configuration that it had before install.sh --all-in-one.
remove_own_broker() {
    file=/etc/mosquitto/conf.d/emotion-edge.conf
    grep -qs 'written by install.sh --all-in-one' "$file" || return 0
    rm -rf "$file" /etc/mosquitto/emotion-edge
    systemctl try-restart mosquitto.service || true
}

if [ -e /opt/emotion-edge/current ]; then
    removed="removed: emotion-edge and its services"
else
    removed="emotion-edge is not installed"
fi
# First: a pull that has begun, or the next one at night, would bring the program back.
systemctl disable --now --quiet emotion-edge-pull.timer 2>/dev/null || true
systemctl stop --quiet emotion-edge-pull.service 2>/dev/null || true
systemctl reset-failed --quiet emotion-edge-pull.service 2>/dev/null || true # systemd says so of what was ended
for unit in emotion-edge.target emotion-edge-observer.service emotion-edge-publisher.service emotion-edge-door.socket \
    emotion-edge-hub.service emotion-edge-hub-certificate.timer emotion-edge-hub-certificate.service \
    emotion-edge-first-run.path emotion-edge-first-run.service emotion-edge-first-run-apply.service \
    emotion-edge-first-run-camera.socket emotion-edge-first-run-camera@.service \
    emotion-edge-enrol.service emotion-edge-clone.service emotion-edge-hold-off@.service; do
    systemctl disable --now --quiet "$unit" 2>/dev/null || true
    rm -f "/usr/local/lib/systemd/system/$unit"
done
if [ -n "$purge" ]; then
    # The device is removed whether or not its broker can be reached.
    if [ ! -e /etc/emotion-edge/config.toml ] && [ -e /etc/emotion-edge/hub.toml ]; then
        : # a hub alone
    elif [ -x /usr/local/bin/emotion-edge ]; then
        timeout 60 /usr/local/bin/emotion-edge decommission || say_what_the_broker_keeps >&2
    elif [ -e /etc/emotion-edge/config.toml ]; then
        say_what_the_broker_keeps >&2
    fi
    # Drop-ins, and what the Ansible role wrote.
    rm -rf /etc/systemd/system/emotion-edge*.d /usr/local/src/emotion-edge /etc/systemd/*.conf.d/emotion-edge.conf
    rm -rf /etc/systemd/system/emotion-edge-pull.* /usr/local/sbin/emotion-edge-pull /etc/emotion-edge-pull /var/lib/emotion-edge-pull
fi
rm -f /usr/local/lib/sysusers.d/emotion-edge*.conf /usr/local/lib/tmpfiles.d/emotion-edge*.conf
rm -f /usr/local/bin/emotion-edge
rm -rf /opt/emotion-edge /run/emotion-edge /run/emotion-edge-install.lock
# The folders that the installer made, where nothing else lies in them.
for folder in systemd/system systemd sysusers.d tmpfiles.d; do
    rmdir "/usr/local/lib/$folder" 2>/dev/null || true
done
systemctl daemon-reload
if [ -n "$purge" ]; then
    rm -rf /etc/credstore/emotion-edge.* /etc/credstore.encrypted/emotion-edge.* # first: whatever comes, no secret stays
    remove_own_broker
    remove /etc/emotion-edge /var/lib/emotion-edge /var/lib/emotion-edge-hub /var/lib/emotion-edge-enrol
    for user in emotion-edge-observer emotion-edge-publisher emotion-edge-hub; do
        ! getent passwd "$user" >/dev/null || userdel "$user"
    done
    ! getent group emotion-edge >/dev/null || groupdel emotion-edge
    # Made for the observer where the system had none: Raspberry Pi OS has both, and rules or members for the group.
    if getent group gpio | grep -q ':$' && ! grep -qrsw gpio /etc/udev/rules.d /usr/lib/udev/rules.d /lib/udev/rules.d; then
        groupdel gpio
    fi
    dpkg --search /etc/credstore >/dev/null 2>&1 || rmdir /etc/credstore 2>/dev/null || true
    echo "$removed; no configuration, secret or count of it is left"
    exit 0
fi
of_ours="/etc/emotion-edge /var/lib/emotion-edge /var/lib/emotion-edge-hub /etc/credstore/emotion-edge.*"
# shellcheck disable=SC2086 # words on purpose
kept=$(ls -d $of_ours 2>/dev/null | tr '\n' ' ' || true)
echo "$removed"
[ -n "$kept" ] || exit 0
# A script that lay in the release has just removed itself.
if [ -e "$0" ]; then purge_command="sudo sh $(realpath "$0") --purge"; else purge_command="sudo rm -r $kept"; fi
echo "kept: ${kept% }; to remove this too: ${purge_command% }"
[ -e /etc/emotion-edge/config.toml ] || [ ! -e /etc/emotion-edge/hub.toml ] || exit 0 # a hub alone
say_what_the_broker_keeps
