#!/bin/sh
# uninstall.sh [--purge]: remove emotion-edge; with --purge also its configuration, its counts, its users, and what broker
# and Home Assistant know of it.
set -eu
[ "$(id -u)" = 0 ] || { echo "uninstall.sh: must be root; run: sudo $0" >&2; exit 77; }
case ${1:-} in "" | --purge) ;; *) sed -n '2,3s/^# *//p' "$0" >&2; exit 64 ;; esac

for unit in emotion-edge.target emotion-edge-observer.service emotion-edge-publisher.service emotion-edge-door.socket \
    emotion-edge-hold-off@.service; do
    systemctl disable --now --quiet "$unit" 2>/dev/null || true
    rm -f "/usr/local/lib/systemd/system/$unit"
done
if [ "${1:-}" = --purge ] && [ -x /usr/local/bin/emotion-edge ]; then
    # The device is removed whether or not its broker can be reached.
    timeout 60 /usr/local/bin/emotion-edge decommission ||
        echo "uninstall.sh: the broker was not told; clear its retained topics of this device there" >&2
fi
rm -f /usr/local/lib/sysusers.d/emotion-edge.conf /usr/local/lib/tmpfiles.d/emotion-edge.conf
rm -f /usr/local/bin/emotion-edge
rm -rf /opt/emotion-edge /run/emotion-edge
systemctl daemon-reload
if [ "${1:-}" = --purge ]; then
    rm -rf /etc/emotion-edge /var/lib/emotion-edge /etc/credstore/emotion-edge.*
    for user in emotion-edge-observer emotion-edge-publisher; do
        ! getent passwd "$user" >/dev/null || userdel "$user"
    done
    ! getent group emotion-edge >/dev/null || groupdel emotion-edge
fi
echo "removed"
