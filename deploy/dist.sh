#!/bin/sh
# dist.sh PYTHON CYCLONEDX FOLDER: all files of a release in FOLDER: wheel, source distribution, software bill of materials
# (CycloneDX, from the lock file; CYCLONEDX is the program cyclonedx-py), and their checksums.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=$1 cyclonedx=$2 out=$3
rm -rf "$out"
sh "$here/wheel.sh" "$python" "$out" --sdist
version=$(basename "$out"/emotion_edge-*.whl | cut -d- -f2)
project=$(mktemp)
trap 'rm -f "$project"' EXIT
printf '[project]\nname = "emotion-edge"\nversion = "%s"\nlicense = "Apache-2.0"\n' "$version" >"$project"
"$cyclonedx" requirements --pyproject "$project" --output-reproducible \
    --output-file "$out/emotion_edge-$version.cdx.json" "$here/lock/device.txt"
cd "$out"
sha256sum -- * >SHA256SUMS
