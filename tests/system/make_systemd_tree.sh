#!/bin/bash
# make_systemd_tree.sh SUITE DIR: a Debian tree that boots, with a broker and a server for ssh in it. Needs root and
# mmdebstrap. The tree gets its name only when it is complete. It holds the mirror's address: never publish it.
set -euo pipefail
suite=$1 dir=$2 part=$2.part
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
  grep '/debian/*$' | head -n1 || true)
rm -rf "$part"
mmdebstrap --quiet --mode=root --variant=minbase --aptopt='Acquire::Languages "none"' \
  --include=systemd,systemd-sysv,dbus,libpam-systemd,python3,python3-venv,python3-systemd,python3-apt \
  --include=mosquitto,openssl,openssh-server,sudo,strace,iproute2 \
  "$suite" "$part" ${mirror:+"$mirror"}
mv "$part" "$dir"
