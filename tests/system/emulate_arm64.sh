#!/bin/bash
# emulate_arm64.sh FOLDER: let this machine run programs for arm64, by QEMU 10 of Debian 13, which it keeps in FOLDER. Debian
# 12's QEMU 7.2 ends with a segmentation fault in ai-edge-litert. Needs root, mmdebstrap and binfmt_misc; nothing to do on arm64.
# The registration lasts until the machine restarts.
set -eu
[ "$(uname -m)" != aarch64 ] || exit 0
here=$(cd "$(dirname "$0")" && pwd)
qemu=$1/arm64-qemu/qemu-aarch64
formats=/proc/sys/fs/binfmt_misc

if [ ! -x "$qemu" ]; then
    part=$1/arm64-qemu.part
    mirror=$("$here/mirror.sh")
    rm -rf "$part"
    mkdir -p "$part"
    mmdebstrap --quiet --mode=root --variant=extract --include=qemu-user trixie "$part/tree" ${mirror:+"$mirror"} >&2
    mv "$part/tree/usr/bin/qemu-aarch64" "$part"
    rm -rf "$part/tree"
    mv "$part" "$1/arm64-qemu"
fi
[ -e $formats/register ] || mount -t binfmt_misc binfmt_misc $formats
! grep -qsx "interpreter $qemu" $formats/qemu-aarch64 $formats/emotion-edge-arm64 || exit 0
name="qemu-aarch64" # for this one mmdebstrap looks
[ ! -e $formats/$name ] || name=emotion-edge-arm64 # the youngest one counts
# P, O, C, F: a program keeps its name, QEMU gets it opened, set-user-ID works, and no tree needs a QEMU of its own.
printf "%s" ":$name:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:$qemu:POCF" >$formats/register
