#!/bin/bash
# make_tree.sh PYTHON DIR: the files of an arm64 Debian with Python 3.11 or 3.13, and in DIR/opt what emotion-edge needs, with
# the newest versions that setup.cfg allows there. Nothing in it is run. Needs mmdebstrap and pip. The tree gets its name
# only when it is complete. It holds the mirror's address: never publish it.
set -euo pipefail
python=$1 dir=$2 part=$2.part
case $python in
    3.11) suite=bookworm needs=("numpy>=1.23.5,<2" "opencv-python-headless>=4.8,<4.12" tflite-runtime==2.14.0) ;;
    3.13) suite=trixie needs=("numpy>=2,<3" "opencv-python-headless>=4.12,<5" "ai-edge-litert>=2.1,<3") ;;
    *) echo "PYTHON is 3.11 or 3.13" >&2; exit 64 ;;
esac
mirror=$("$(dirname "$0")/../system/mirror.sh")
rm -rf "$part"
mmdebstrap --quiet --variant=extract --architectures=arm64 --aptopt='Acquire::Languages "none"' \
    --include=python3,libpython3-stdlib,libstdc++6,libgcc-s1,zlib1g,base-files "$suite" "$part" ${mirror:+"$mirror"}
install() {
    python3 -m pip install --quiet --target "$part/opt" --only-binary=:all: --implementation=cp --python-version="$python" \
        --platform=manylinux_2_34_aarch64 --platform=manylinux_2_31_aarch64 --platform=manylinux_2_28_aarch64 \
        --platform=manylinux_2_27_aarch64 --platform=manylinux2014_aarch64 --platform=manylinux_2_17_aarch64 \
        --root-user-action=ignore "$@"
}
install "click>=8.1" "paho-mqtt>=2.1,<3" "pydantic>=2.7,<3"
# LiteRT asks for packages that only its converters use.
install --no-deps "${needs[@]}"
mv "$part" "$dir"
