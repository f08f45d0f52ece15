#!/bin/sh
# Fetch a face network that a teacher starts from: facenet.sh FOLDER [dlib | mobilenet]. Needs npm.
set -eu
case ${2:-dlib} in
dlib)
    package=@vladmandic/face-api@1.7.15 archive=vladmandic-face-api-1.7.15.tgz inside=package/model
    weights=face_recognition_model.bin graph=face_recognition_model-weights_manifest.json
    sums="b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589  $weights
cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b  $graph"
    ;;
mobilenet)
    package=@vladmandic/human@3.3.6 archive=vladmandic-human-3.3.6.tgz inside=package/models
    weights=faceres.bin graph=faceres.json
    sums="2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b  $weights
5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df  $graph"
    ;;
*) set -- ;;
esac
[ $# = 1 ] || [ $# = 2 ] || { echo "usage: $0 FOLDER [dlib | mobilenet]" >&2; exit 64; }
mkdir -p "$1"
cd "$1"
npm pack --silent "$package" >/dev/null
tar --extract --gzip --file "$archive" --strip-components 2 "$inside/$weights" "$inside/$graph"
rm "$archive"
echo "$sums" | sha256sum --check --quiet
