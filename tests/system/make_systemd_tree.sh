#!/bin/bash
# make_systemd_tree.sh SUITE DIR [PACKAGE,... [ARCHITECTURE]]: a Debian tree that boots, with Python, sudo and the packages
# named. Needs root and mmdebstrap, for arm64 on another processor also emulate_arm64.sh. The tree gets its name only when
# it is complete. It holds the mirror's address: never publish it.
set -euo pipefail
suite=$1 dir=$2 part=$2.part packages=${3:-} architecture=${4:-}
mirror=$("$(dirname "$0")/mirror.sh")
rm -rf "$part"
mmdebstrap --quiet --mode=root --variant=minbase --aptopt='Acquire::Languages "none"' \
  ${architecture:+--architectures="$architecture"} \
  --include="systemd,systemd-sysv,dbus,libpam-systemd,python3,sudo,ca-certificates${packages:+,$packages}" \
  "$suite" "$part" ${mirror:+"$mirror"}
# As Debian's installer writes it; without it Debian 12 does not know localhost.
[ -e "$part/etc/hosts" ] || printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' >"$part/etc/hosts"
mv "$part" "$dir"
