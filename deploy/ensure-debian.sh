#!/bin/sh
# ensure-debian.sh PYTHON PACKAGE...: see that PYTHON can run emotion-edge, and that the Debian packages are there that a
# virtual environment cannot hold; PACKAGE? is optional: installed where apt knows it. Installs what is missing where it
# may (as root, or with a sudo that asks nothing); otherwise says which command to run.
set -eu
python=$1
shift
here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "$1" >&2
    exit 69
}

installed() {
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt() {
    # shellcheck disable=SC2086 # a list of words on purpose
    sh "$here/download.sh" $as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
        apt-get -qq -o APT::Update::Error-Mode=any "$@"
}

command -v "$python" >/dev/null || fail "$python: no such program; try: sudo apt install python3"
found=$("$python" -c 'import sys; print(*sys.version_info[:2], "64-bit" if sys.maxsize > 2**32 else "32-bit")')
case $found in
    "3 11 64-bit" | "3 12 64-bit" | "3 13 64-bit") ;;
    *32-bit) fail "this system is 32-bit (dpkg --print-architecture says \
$(dpkg --print-architecture 2>/dev/null || echo armhf)), and OpenCV and TensorFlow Lite are not published for it; install \
the 64-bit Raspberry Pi OS, which a Pi 3, 4, 5, 400, 500 and Zero 2 W run" ;;
    *) fail "emotion-edge needs Python 3.11, 3.12 or 3.13 (Debian 12 and 13), and $python is \
$(echo "${found% *}" | tr ' ' .); name another one: make PYTHON=python3.13 ..." ;;
esac

missing=
optional=
for package in "$@"; do
    case $package in
        python3-venv) "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing $package" ;;
        g++ | openssl | npm | chromium) command -v "$package" >/dev/null || missing="$missing $package" ;;
        postgresql) [ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="$missing $package" ;;
        influxdb) command -v influxd >/dev/null || missing="$missing $package" ;;
        rabbitmq-server) [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing="$missing $package" ;;
        mosquitto) PATH="$PATH:/usr/sbin" command -v mosquitto >/dev/null || missing="$missing $package" ;;
        *\?) installed "${package%\?}" || optional="$optional ${package%\?}" ;;
        *) installed "$package" || missing="$missing $package" ;;
    esac
done
[ -n "$missing$optional" ] || exit 0

command -v apt-get >/dev/null || fail "missing:$missing; install them with this system's package manager, then try again"
if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root=sudo
else
    [ -n "$missing" ] || exit 0
    fail "missing Debian packages; run this, then try again:  sudo apt update && sudo apt install$missing"
fi
# Without its lists, as on a new image, apt knows no package at all.
if [ -n "$missing" ] || ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
    if ! apt update; then
        [ -z "$missing" ] || exit 69
        echo "apt has no lists of packages, so$optional may be missing; going on without" >&2
    fi
fi
for package in $optional; do
    ! apt-cache show "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "Installing$missing" >&2
# shellcheck disable=SC2086 # a list of words on purpose
apt install -y --no-install-recommends $missing
