#!/bin/sh
# wheel.sh PYTHON FOLDER: build the wheel of this checkout into FOLDER. Built in a copy without what earlier builds left
# behind: it comes out the same every time, and the checkout, which may be another user's, stays as it is. What belongs
# into the wheel, setup.cfg says.
set -eu
python=$1
mkdir -p "$2"
out=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/source"
tar -C "$here/.." --exclude=./.git --exclude='./.venv*' --exclude=./build --exclude=./dist --exclude=./runs \
    --exclude='*.egg-info' --exclude=node_modules --exclude=__pycache__ -cf - . |
    tar -C "$work/source" --no-same-owner -xf -
"$python" -m venv "$work/builder"
sh "$here/download.sh" env SOURCE_DATE_EPOCH=315532800 "$work/builder/bin/pip" wheel --quiet \
    --disable-pip-version-check --no-deps --wheel-dir "$out" "$work/source"
