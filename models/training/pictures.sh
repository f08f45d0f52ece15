#!/bin/sh
# Fetch freely licensed pictures without people from Debian, as food for `negatives`: pictures.sh FOLDER
# Licences: each package's /usr/share/doc/PACKAGE/copyright, which is unpacked beside its pictures.
set -eu
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 64; }
mkdir -p "$1"
cd "$1"
for package in lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 plasma-workspace-wallpapers ukui-wallpapers \
    mate-backgrounds gnome-backgrounds sway-backgrounds tuxpaint-stamps-default; do
    [ -d "$package" ] && continue
    apt-get download -qq "$package"
    dpkg-deb -x "$package"_*.deb "$package.partial"
    rm "$package"_*.deb
    mv "$package.partial" "$package"
done
