#!/bin/sh
# test.sh FOLDER: run the unit tests with other versions of the libraries than CI has: one environment in FOLDER for each
# file NAME-PYTHON.txt beside this script, which are pip's constraints. What NAME-PYTHON.beyond.txt lists is installed after
# that, although setup.cfg does not allow it: what Debian has and the installer does not use.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
mkdir -p "$1"
folder=$(cd "$1" && pwd)
failed=
for file in "$here"/*-3.??.txt; do
    name=$(basename "$file" .txt)
    environment=$folder/$name
    if ! python=$("$root/tests/find_python.sh" "${name##*-}"); then
        failed="$failed $name"
        continue
    fi
    echo "== $name: $(grep -v '^#' "$file" "${file%.txt}.beyond.txt" 2>/dev/null | cut -d: -f2 | tr '\n' ' ')"
    "$python" -m venv --clear "$environment"
    "$root/deploy/download.sh" "$environment/bin/pip" install --quiet --disable-pip-version-check \
        --constraint "$file" --editable "${root}[unit]"
    if [ -e "${file%.txt}.beyond.txt" ]; then
        "$root/deploy/download.sh" "$environment/bin/pip" install --quiet --disable-pip-version-check \
            --no-deps --requirement "${file%.txt}.beyond.txt"
    fi
    (cd "$root" && "$environment/bin/python" -m pytest --quiet --numprocesses=auto --dist=loadfile -p no:cacheprovider \
        tests/unit) || failed="$failed $name"
done
[ -z "$failed" ] || {
    echo "not green:$failed" >&2
    exit 1
}
