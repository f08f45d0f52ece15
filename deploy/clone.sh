#!/bin/sh
# clone.sh: run at every boot of a device that was set up by a prepared card. A card that was copied after its device had
# enrolled starts in another Pi with the certificate, the ssh host keys and the machine-id of the first one. Here they end,
# before any service uses them. Which Pi the card belongs to is kept in the file `machine`.
set -eu
state=${EMOTION_EDGE_ENROL:-/var/lib/emotion-edge-enrol}
etc=${EMOTION_EDGE_ETC:-/etc}

# The serial number of a Pi; of other machines, the number of the mainboard.
serial=
for file in ${EMOTION_EDGE_SERIAL:-/sys/firmware/devicetree/base/serial-number /sys/class/dmi/id/product_uuid}; do
    [ -n "$serial" ] || ! [ -r "$file" ] || serial=$(tr -cd 'A-Za-z0-9-' <"$file")
done
if [ -z "$serial" ]; then
    echo "this machine has no serial number, so a copy of this card would not be noticed"
    exit 0
fi
remember() {
    echo "$serial" >"$state/machine.new"
    sync "$state/machine.new" # an empty file, as after a power cut, would be another Pi
    mv "$state/machine.new" "$state/machine"
}
if [ ! -s "$state/machine" ]; then
    remember
    exit 0
fi
former=$(cat "$state/machine")
[ "$serial" != "$former" ] || exit 0
rm -f "$etc"/credstore/emotion-edge.ca "$etc"/credstore/emotion-edge.cert "$etc"/credstore/emotion-edge.key
# What the first one has not enrolled with yet, this one does not either.
rm -f "$state/card.json"
rm -f "$etc"/ssh/ssh_host_*
! command -v ssh-keygen >/dev/null || ssh-keygen -A -f "${etc%/etc}" >/dev/null
if [ "$etc" = /etc ]; then
    rm -f /etc/machine-id /var/lib/dbus/machine-id
    systemd-machine-id-setup >/dev/null 2>&1 || true
    systemctl disable --quiet emotion-edge.target emotion-edge-publisher.service emotion-edge-observer.service || true
    systemctl --no-block stop emotion-edge.target emotion-edge-publisher.service emotion-edge-observer.service || true
fi
remember
echo "this card was copied: it belongs to the machine $former, and this one is $serial. The certificate was removed here, the" \
    "ssh host keys are new, and emotion-edge does not start; write a card for this device: emotion-edge card" >&2
