#!/bin/sh
# ensure-debian.sh PYTHON PACKAGE...: see that the Debian packages are there that a virtual environment cannot hold.
# Installs what is missing where it may (as root, or with a sudo that asks nothing); otherwise says which command to run.
set -eu
python=$1
shift

if ! command -v "$python" >/dev/null || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "emotion-edge needs Python 3.11 or later; '$python' is not. Try: make PYTHON=python3.13 ..." >&2
    exit 1
fi

missing=
for package in "$@"; do
    case $package in
        python3-venv) "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing $package" ;;
        g++ | openssl | npm | chromium) command -v "$package" >/dev/null || missing="$missing $package" ;;
        postgresql) [ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="$missing $package" ;;
        influxdb) command -v influxd >/dev/null || missing="$missing $package" ;;
        rabbitmq-server) [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing="$missing $package" ;;
        mosquitto) PATH="$PATH:/usr/sbin" command -v mosquitto >/dev/null || missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "Missing Debian packages. Run this, then try again:  sudo apt-get install$missing" >&2
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    echo "Missing:$missing. Install them with this system's package manager, then try again." >&2
    exit 1
fi
echo "Installing$missing" >&2
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of words on purpose
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
