#!/bin/bash
# make_systemd_tree.sh SUITE DIR [PACKAGE,...]: a Debian tree that boots, with Python, sudo and the packages named. Needs
# root and mmdebstrap. The tree gets its name only when it is complete. It holds the mirror's address: never publish it.
set -euo pipefail
suite=$1 dir=$2 part=$2.part packages=${3:-}
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
  grep '/debian/*$' | head -n1 || true)
rm -rf "$part"
mmdebstrap --quiet --mode=root --variant=minbase --aptopt='Acquire::Languages "none"' \
  --include="systemd,systemd-sysv,dbus,libpam-systemd,python3,sudo,ca-certificates${packages:+,$packages}" \
  "$suite" "$part" ${mirror:+"$mirror"}
mv "$part" "$dir"
