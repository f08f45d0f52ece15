#!/bin/sh
# prepare.sh ROOT WHEEL: make an immutable root ready for the installer of WHEEL, which runs at the first start. Root; the hook
# of the layer emotion-edge, whose folder of files for the root lies beside this script and is copied by rpi-image-gen.
#
# What the installer writes lies in folders that the slots share. Three things it cannot write there: users and groups
# (/etc/passwd), the links by which systemd starts its units (/etc/systemd), and the folders themselves. It leaves alone what
# is there already.
set -eu
root=$1 wheel=$2
shared=$root/etc/rpi-image-gen/slot-shared.d/emotion-edge.conf
local=$root/usr/local/lib
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "prepare.sh: $1" >&2
    exit 65
}

[ -f "$shared" ] || fail "$shared is missing: copy layer/emotion-edge.rootfs-overlay into the root first"
python3 -I -m zipfile -e "$wheel" "$work" 2>/dev/null || fail "$wheel is no wheel, or it is damaged; name another one: IGconf_edge_wheel"
from=$(echo "$work"/*.data/data/share/emotion-edge/systemd)
[ -d "$from" ] || fail "$wheel is no release of emotion-edge"

sed -n 's/^Path=//p' "$shared" | while read -r path; do mkdir -p "$root/$path"; done
chmod 700 "$root/etc/credstore" "$root/var/lib/emotion-edge-enrol"

install -D -m 644 -t "$local/sysusers.d" "$from/emotion-edge.sysusers"
chroot "$root" systemd-sysusers /usr/local/lib/sysusers.d/emotion-edge.sysusers

# The links only: the units come with the program, and later ones must not be those of the image.
install -D -m 644 -t "$local/systemd/system" "$from"/emotion-edge*.service "$from"/emotion-edge.target
chroot "$root" systemctl enable --quiet emotion-edge-image.service emotion-edge-clone.service emotion-edge-enrol.service \
    emotion-edge-publisher.service emotion-edge-observer.service emotion-edge.target
rm -r "$local/sysusers.d/emotion-edge.sysusers" "$local"/systemd/system/emotion-edge*
