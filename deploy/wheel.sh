#!/bin/sh
# wheel.sh PYTHON FOLDER [--sdist]: build the wheel of this checkout into FOLDER, and with --sdist the source distribution,
# too. Built in a copy without what earlier builds left behind: it comes out the same every time, and the checkout, which
# may be another user's, stays as it is. What belongs into the wheel, setup.cfg says. The build tools are those that
# lock/build.txt names by SHA-256.
set -eu
export SOURCE_DATE_EPOCH=315532800
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
builder=$work/builder/bin
sh "$here/download.sh" "$builder/pip" install --quiet --disable-pip-version-check --only-binary=:all: --no-deps \
    --require-hashes --requirement "$here/lock/build.txt"
sh "$here/download.sh" "$builder/pip" wheel --quiet --disable-pip-version-check --no-deps --no-index \
    --no-build-isolation --wheel-dir "$out" "$work/source"
if [ "${3:-}" = --sdist ]; then
    (cd "$work/source" &&
        "$builder/python" -c 'import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])' "$out" >/dev/null)
fi
