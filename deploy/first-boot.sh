#!/bin/sh
# first-boot.sh [--start]: run as root at the first boot of a prepared card, by cloud-init or by firstrun.sh; it lies beside
# the release on the boot partition. It takes what the card brings to a folder that only root reads, removes it from the
# partition that everyone reads, and leaves the rest to emotion-edge-enrol.service. --start: now, else at the next boot.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
state=${EMOTION_EDGE_ENROL:-/var/lib/emotion-edge-enrol}
etc=${EMOTION_EDGE_ETC:-/etc}
units=${EMOTION_EDGE_UNITS:-/usr/local/lib/systemd/system}

fail() {
    echo "emotion-edge first-boot.sh: $1" >&2
    exit "${2:-65}"
}

[ -e "$here/card.json" ] || fail "there is no $here/card.json: the card was not written whole, or it has been booted before; write it anew: emotion-edge card" 66
(cd "$here" && sha256sum --check --quiet SHA256SUMS) ||
    fail "what lies on the card is damaged, see the line above; write it anew: emotion-edge card"
mkdir -p "$state"
chmod 700 "$state"
need=$(du -sm "$here" | cut -f1)
free=$(df -Pm "$state" | awk 'NR == 2 { print $4 }')
[ "$free" -gt "$need" ] || fail "the card is full: $free MB are free, and $need are needed; take a larger card" 73
rm -f "$state"/*.whl # of an earlier card
cp "$here"/SHA256SUMS "$here"/config.toml "$here"/*.whl "$state"
[ ! -d "$here/wheels" ] || cp -r "$here/wheels" "$state"
(cd "$state" && sha256sum --check --quiet --ignore-missing SHA256SUMS) ||
    fail "the card does not keep what is written to it; take another one" 74
wheel=$(cd "$state" && echo emotion_edge-*.whl)
ln -sfn "$wheel" "$state/program.whl"
# Units and script of this very release.
python3 -I - "$state/$wheel" "$units" "$state" <<'END' || fail "$wheel is no release that enrols; write the card anew"
import os, pathlib, sys, zipfile
os.umask(0o022)
wheel, units, state = sys.argv[1:]
found = 0
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        path = pathlib.PurePosixPath(name)
        unit = path.name in ("emotion-edge-enrol.service", "emotion-edge-clone.service")
        if ".data/data/share/emotion-edge/" in name and (unit or path.name == "clone.sh"):
            folder = pathlib.Path(units if unit else state)
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            (folder / path.name).write_bytes(archive.read(name))
            (folder / path.name).chmod(0o644)
            found += 1
sys.exit(found != 3)
END
# Those of the image would be the same on all cards. ssh may run by now.
mkdir -p "$etc/ssh"
if command -v ssh-keygen >/dev/null; then
    rm -f "$etc"/ssh/ssh_host_*
    ssh-keygen -A -f "${etc%/etc}" >/dev/null
fi

if [ "$etc" = /etc ]; then
    if systemctl cat ssh.service >/dev/null 2>&1; then systemctl enable --quiet ssh.service; fi
    systemctl daemon-reload || true
    systemctl enable --quiet emotion-edge-clone.service emotion-edge-enrol.service
fi
# The code last, and whole. What is broken off before begins anew at the next boot, and what comes later goes on.
cp "$here/card.json" "$state/card.json.new"
sync
mv "$state/card.json.new" "$state/card.json"
sync
rm -f "$here/card.json" "$here/config.toml"
sync
if [ "$etc" = /etc ] && [ "${1:-}" = --start ]; then
    systemctl try-restart ssh.service || true
    systemctl start emotion-edge-clone.service
    systemctl --no-block start ssh.service emotion-edge-enrol.service || true
fi
echo "emotion-edge: this device enrols itself now; see: journalctl -fu emotion-edge-enrol"
