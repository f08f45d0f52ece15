#!/bin/sh
# How many arm64 instructions one face costs with LiteRT, on two cores of the Raspberry Pi: 3 (cortex-a53) and 5 (cortex-a76).
#
#   tests/instructions/measure.sh QEMU FOLDER MODEL.tflite...
#
# QEMU is a source tree of QEMU 9 or newer with build/qemu-aarch64 (configure --target-list=aarch64-linux-user --enable-plugins);
# Debian's own is built without plugins. FOLDER keeps an arm64 tree. Needs mmdebstrap, gcc, libglib2.0-dev and pip.
# The start of Python is left out: it is the difference between 40 and 20 faces.
set -eu
[ $# -ge 3 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64; }
qemu=$1 tree=$2
shift 2
here=$(dirname "$(readlink -f "$0")")

if [ ! -d "$tree/opt/numpy" ]; then
    mmdebstrap --variant=extract --architectures=arm64 \
        --include=python3,libpython3-stdlib,libstdc++6,libgcc-s1,zlib1g,base-files trixie "$tree"
    pip install --quiet --target "$tree/opt" --only-binary :all: --implementation cp --python-version 3.13 \
        --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --no-deps ai-edge-litert==2.3.0 numpy
fi
# pkg-config prints several words.
# shellcheck disable=SC2046
gcc -shared -fPIC -O2 -I "$qemu/include/qemu" $(pkg-config --cflags glib-2.0) -o "$tree/count.so" "$here/count.c"

count() { # CORE MODEL FACES
    PYTHONPATH=$tree/opt PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 QEMU_CPU=$1 setarch -R "$qemu/build/qemu-aarch64" \
        -plugin "$tree/count.so" -L "$tree" "$tree/usr/bin/python3.13" -S "$here/classify.py" "$2" "$3" 2>&1 |
        sed -n 's/^instructions //p'
}
for model; do
    for core in cortex-a53 cortex-a76; do
        echo "$(basename "$model") $core: $((($(count "$core" "$model" 40) - $(count "$core" "$model" 20)) / 20000)) thousand instructions a face"
    done
done
