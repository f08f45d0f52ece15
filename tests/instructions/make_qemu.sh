#!/bin/bash
# make_qemu.sh DIR: QEMU for arm64 programs, with plugins, from the sources of Debian trixie; Debian's own has none. DIR/qemu-aarch64
# is there only when it is complete, and so is DIR/count.so, the plugin. Ten minutes on two cores. Needs apt, pip, gcc,
# ninja, pkg-config and libglib2.0-dev.
set -euo pipefail
if ! command -v ninja gcc >/dev/null || ! pkg-config --exists glib-2.0 2>/dev/null; then
    echo "make_qemu.sh: a tool is missing; run: sudo apt-get install gcc libc6-dev ninja-build pkg-config libglib2.0-dev" >&2
    exit 69
fi
dir=$(readlink -m "$1")
here=$(dirname "$(readlink -f "$0")")
source=$dir/source
mkdir -p "$source" "$dir/apt/lists/partial"

if [ ! -x "$dir/qemu-aarch64" ]; then
    mirror=$("$here/../system/mirror.sh")
    printf 'Types: deb-src\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: %s\n' \
        "${mirror:-http://deb.debian.org/debian}" /usr/share/keyrings/debian-archive-keyring.gpg > "$dir/apt/qemu.sources"
    apt=(-qq -o "Dir::Etc::sourcelist=$dir/apt/qemu.sources" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$dir/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
    apt-get "${apt[@]}" update
    (cd "$dir" && apt-get "${apt[@]}" source --download-only qemu)
    tar -xJf "$dir"/qemu_*.orig.tar.xz -C "$source" --strip-components=1
    # Debian leaves out the Python packages that its own build takes from Debian.
    python3 -m pip download --quiet --no-deps --dest "$source/python/wheels" meson==1.5.0 pycotap==1.3.1
    mkdir -p "$source/build"
    cd "$source/build"
    nice -n 10 ../configure --target-list=aarch64-linux-user --enable-plugins --without-default-features \
        --disable-system --disable-tools --disable-docs --disable-install-blobs --disable-werror > configure.log
    nice -n 10 ninja qemu-aarch64 > build.log
    cp qemu-aarch64 "$dir/qemu-aarch64.part"
    mv "$dir/qemu-aarch64.part" "$dir/qemu-aarch64"
fi
# pkg-config prints several words.
# shellcheck disable=SC2046
gcc -shared -fPIC -O2 -Wall -I "$source/include/qemu" $(pkg-config --cflags glib-2.0) -o "$dir/count.so" "$here/count.c"
