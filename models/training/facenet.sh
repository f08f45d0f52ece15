#!/bin/sh
# Fetch the face network that the teacher starts from: facenet.sh FOLDER. Needs npm.
set -eu
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 64; }
mkdir -p "$1"
cd "$1"
npm pack --silent @vladmandic/face-api@1.7.15 >/dev/null
tar --extract --gzip --file vladmandic-face-api-1.7.15.tgz --strip-components 2 \
    package/model/face_recognition_model.bin package/model/face_recognition_model-weights_manifest.json
rm vladmandic-face-api-1.7.15.tgz
sha256sum --check --quiet <<SUMS
b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589  face_recognition_model.bin
cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b  face_recognition_model-weights_manifest.json
SUMS
