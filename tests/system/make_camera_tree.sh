#!/bin/bash
# make_camera_tree.sh DIR: a Debian trixie tree with libcamera and, from PyPI, the real picamera2. Needs root,
# mmdebstrap and pip. The tree gets its name only when it is complete. It holds the mirror's address: never publish it.
set -euo pipefail
dir=$1 part=$1.part
mirror=$("$(dirname "$0")/mirror.sh")
rm -rf "$part"
mmdebstrap --quiet --mode=root --variant=minbase --aptopt='Acquire::Languages "none"' \
  --include=python3-libcamera,libcamera-ipa,python3-numpy,python3-pil,python3-av,python3-piexif \
  --include=python3-prctl,python3-pydantic \
  trixie "$part" ${mirror:+"$mirror"}
# Outside the tree: pip there would know nothing of this machine's package index and certificates.
machine=$(uname -m)
python3 -m pip install --quiet --no-deps --only-binary=:all: --target="$part/opt/picamera2" --python-version=3.13 \
  --platform="manylinux2014_$machine" --platform="manylinux_2_28_$machine" --root-user-action=ignore \
  picamera2==0.3.38 simplejpeg==1.9.0 videodev2==0.0.4
mkdir -p "$part/usr/share/libcamera/pipeline/virtual"
mv "$part" "$dir"
