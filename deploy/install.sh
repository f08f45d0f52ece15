#!/bin/sh
# install.sh [--hub] [WHEEL]: install or upgrade emotion-edge on this machine; root, Debian 12 or 13 or Raspberry Pi OS.
# --hub: the hub, too, or on a machine without a device, the hub alone.
#
# install.sh --all-in-one [WHEEL]: device, broker and hub on this one machine, with an account and certificates. It asks what
# only you know, with --ask page in a browser, or takes it from: --site NAME, --room NAME, --mode presence|emotions,
# --time-zone Europe/Berlin, --open "mon-fri 07:45-16:00", --camera SOURCE, --accept-notice for emotions, --password-file FILE.
# --practice: for half an hour a single person is counted, and every record is marked; for somebody who is alone in the room.
#
# Without WHEEL the checkout that this script lies in is installed. The wheel holds this script, too:
#   python3 -m zipfile -e emotion_edge-….whl unpacked
#   sudo sh unpacked/*.data/data/share/emotion-edge/install.sh emotion_edge-….whl
# Run it again at any time: what is there already is left alone, the configuration always. A release that does not start is
# taken back, and the former one runs on.
# install.sh --back ID: return to a release that is still there, a folder of /opt/emotion-edge/releases; nothing is downloaded.
# Every library is the one that the wheel's lock file names by SHA-256; any other file is refused, wherever it comes from.
# pip's own variables hold: PIP_INDEX_URL for a mirror, PIP_NO_INDEX and PIP_FIND_LINKS=FOLDER for wheels alone.
#
#   /opt/emotion-edge/releases/ID    a virtual environment with Debian's packages (picamera2, systemd) in sight
#   /opt/emotion-edge/current        which of them runs
#   /opt/emotion-edge/cache          what pip downloaded; it may be deleted
#   /etc/emotion-edge/config.toml    yours
#   /etc/emotion-edge/hub.toml       yours, where there is a hub; what runs is what has a configuration
set -eu
umask 022

here=$(cd "$(dirname "$0")" && pwd)
prefix=/opt/emotion-edge
config=/etc/emotion-edge/config.toml
hub_config=/etc/emotion-edge/hub.toml
local=/usr/local/lib

python=/usr/bin/python3 # Debian's own: only this one sees Debian's picamera2 and systemd

fail() {
    echo "install.sh: $2" >&2
    exit "$1"
}

usage() {
    sed -n '2,8s/^# *//p; s/^# *\(install.sh --back\)/\1/p' "$here/install.sh"
}

# Debian's picamera2 is compiled for Debian's numpy, so a second one must not hide it.
sees_debians_numpy() {
    "$release/bin/python" -I -c 'import importlib.util, sys
found = importlib.util.find_spec("numpy")
sys.exit(not (found and found.origin.startswith("/usr/lib/python3/")))'
}

# No compiler: only binary wheels. A release counts only when it is complete.
build_release() {
    rm -rf "$release"
    building=$release
    "$python" -m venv --system-site-packages "$release"
    if sees_debians_numpy; then
        awk '/^[^ ]/ { numpy = /^numpy==/ } !numpy' "$lock" >"$work/lock.txt"
    else
        cp "$lock" "$work/lock.txt"
    fi
    set -- "$release/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all:
    sh "$here/download.sh" "$@" --no-deps --require-hashes --requirement "$work/lock.txt"
    # From no index and no folder: this fails unless all that the wheel asks for is there by now.
    sh "$here/download.sh" env PIP_CONFIG_FILE=/dev/null "$@" --isolated --no-index "$wheel${hub:+[hub]}"
    chmod 755 "$release"/share/emotion-edge/*.sh "$release/share/emotion-edge/systemd/hold-off"
    sync -f "$release" # a power cut must not leave a release that looks complete, with empty files
    touch "$release/.complete"
    building=
}

# check_sums WHEEL: where the checksums of a release lie beside its wheel, the wheel must be the one that they name.
check_sums() {
    sums=$(dirname "$1")/SHA256SUMS
    [ -f "$sums" ] || return 0
    named=$(awk -v name="$(basename "$1")" '$2 == name || $2 == "*" name { print $1 }' "$sums")
    case $named in
        "" | "$(sha256sum <"$wheel" | cut -c1-64)") ;;
        *) fail 65 "$1 is not the file that $sums names; download both again" ;;
    esac
}

clean_up() {
    # After a refused file: pip would take it from its cache the next time.
    [ $? != 65 ] || rm -rf "$PIP_CACHE_DIR"
    rm -rf "$work"
    [ -z "$building" ] || rm -rf "$building"
}

# has_hub RELEASE: whether it can run the hub.
has_hub() {
    case $1 in *-hub) ;; *) return 1 ;; esac
}

# services RELEASE: which of its services run here: those that have a configuration.
services() {
    [ ! -e "$config" ] || echo emotion-edge-publisher.service emotion-edge-observer.service
    ! has_hub "$1" || [ ! -e "$hub_config" ] || echo emotion-edge-hub.service
}

# prepare NAME: users and folders of the device (emotion-edge) or of the hub (emotion-edge-hub). An image whose root nothing can
# write (deploy/image) has the users already.
prepare() {
    install -D -m 644 "$share/$1.sysusers" "$local/sysusers.d/$1.conf" &&
        install -D -m 644 "$share/$1.tmpfiles" "$local/tmpfiles.d/$1.conf" &&
        { [ ! -w /etc ] || systemd-sysusers "$local/sysusers.d/$1.conf"; } &&
        systemd-tmpfiles --create "$local/tmpfiles.d/$1.conf"
}

# activate RELEASE: its units, users and folders, and it becomes the current one; true if all of that went well.
activate() {
    share=$1/share/emotion-edge/systemd
    [ -d "$share" ] || share=$1/share/emotion-edge # as earlier releases have it
    install -D -m 644 -t $local/systemd/system "$share"/emotion-edge*.service "$share"/emotion-edge*.socket \
        "$share"/emotion-edge.target &&
        ln -sfn "$1" "$prefix/current.new" &&
        mv -T "$prefix/current.new" "$prefix/current" &&
        ln -sfn "$prefix/current/bin/emotion-edge" /usr/local/bin/emotion-edge &&
        prepare emotion-edge || return
    if has_hub "$1"; then
        install -m 644 -t $local/systemd/system "$share"/emotion-edge-hub*.timer || return
        for each in "$share"/emotion-edge-first-run*.path; do # earlier releases have none
            [ ! -e "$each" ] || install -m 644 -t $local/systemd/system "$each" || return
        done
        prepare emotion-edge-hub || return
    else
        rm -f $local/systemd/system/emotion-edge-hub* $local/systemd/system/emotion-edge-first-run*
    fi
    sync -f "$prefix" && systemctl daemon-reload
}

# start RELEASE: true when all that has a configuration has said that it is ready.
start() {
    running=$(services "$1")
    case $running in
        *publisher*) systemctl enable --quiet emotion-edge.target || return ;;
    esac
    { systemctl reset-failed 'emotion-edge*' 2>/dev/null || true; }
    # shellcheck disable=SC2086 # words on purpose
    systemctl enable --quiet $running && systemctl restart $running || return
    case $running in
        *publisher*) systemctl start emotion-edge.target ;;
    esac
}

# runs RELEASE: whether all of that runs.
runs() {
    [ -n "$(services "$1")" ] || return 1
    for service in $(services "$1"); do
        systemctl is-active --quiet "$service" || return 1
    done
}

# go_back ID: a release that is still there becomes the current one again.
go_back() {
    release=$prefix/releases/$1
    [ -e "$release/.complete" ] ||
        fail 66 "there is no release $1; these are there: $(ls -m "$prefix/releases" 2>/dev/null || true)"
    if [ -e "$config" ] && ! "$release/bin/emotion-edge" check-config "$config"; then
        fail 78 "$config does not suit this release; correct it and try again (nothing was changed)"
    fi
    if [ -e "$hub_config" ] && has_hub "$release" && ! "$release/bin/emotion-edge" hub check-config; then
        fail 78 "$hub_config does not suit this release; correct it and try again (nothing was changed)"
    fi
    activate "$release" && start "$release" || fail 70 "$1 does not start; see: journalctl -u 'emotion-edge*'"
    echo "runs: $release"
}

# write VERB FILE: what the release prints becomes the file, whole or not at all.
write() {
    # shellcheck disable=SC2086 # words on purpose
    "$release/bin/emotion-edge" $1 >"$2.new" && sync "$2.new" && mv "$2.new" "$2"
}

# use_changes RELEASE: what runs already takes up its changed configuration.
use_changes() {
    if [ -e "$hub_config" ] && has_hub "$1"; then
        since=$(systemctl show --timestamp=unix --property=ActiveEnterTimestamp --value emotion-edge-hub.service)
        if [ -n "$(find "$hub_config" -newermt "$since")" ]; then
            "$1/bin/emotion-edge" hub check-config || exit
            systemctl restart emotion-edge-hub.service
        fi
    fi
    [ ! -e "$config" ] || exec "$1/bin/emotion-edge" apply
    exit 0
}

back='' hub='' all_in_one='' accepted='' practice='' site='' room='' mode='' time_zone='' open='' camera='' ask='' password_file=''
while [ $# -gt 0 ]; do
    case $1 in
        --back) back=yes ;;
        --hub) hub=yes ;;
        --all-in-one) hub=yes all_in_one=yes ;;
        --accept-notice) accepted=yes ;;
        --practice) practice=yes ;;
        --site | --room | --mode | --time-zone | --open | --camera | --ask | --password-file)
            [ $# -gt 1 ] || fail 64 "$1 needs a value"
            case $1 in
                --site) site=$2 ;;
                --room) room=$2 ;;
                --mode) mode=$2 ;;
                --time-zone) time_zone=$2 ;;
                --open) open=$2 ;;
                --camera) camera=$2 ;;
                --ask) ask=$2 ;;
                --password-file) password_file=$2 ;;
            esac
            shift
            ;;
        --help)
            usage
            exit
            ;;
        -*)
            usage >&2
            exit 64
            ;;
        *) break ;;
    esac
    shift
done
# Files are read after that this script has left the folder in which it was called.
case $password_file in "" | /*) ;; *) password_file=$PWD/$password_file ;; esac
if [ -n "$password_file" ] && { [ ! -r "$password_file" ] || [ -d "$password_file" ]; }; then
    fail 66 "--password-file $password_file: cannot be read; name a file that holds only the password"
fi
case $camera in "" | /* | scene | picamera2*) ;; *) [ ! -e "$camera" ] || camera=$PWD/$camera ;; esac
[ $# -le 1 ] || fail 64 "$*: name one wheel at most"
[ -z "$practice" ] || [ -n "$all_in_one" ] || fail 64 "--practice needs --all-in-one; later: sudo emotion-edge practice"
case $ask in "" | terminal | page) ;; *) fail 64 "--ask $ask: write terminal or page" ;; esac
case $back:${1:-} in
    "":* | yes:[!./]*) ;;
    *) fail 64 "--back needs the name of one folder of $prefix/releases" ;;
esac
[ ! -e "$hub_config" ] || hub=yes
[ "$(id -u)" = 0 ] || fail 77 "must be root; run: sudo $0${all_in_one:+ --all-in-one}${1:+ $1}"
# The play that began it may be gone, and the next one begins another: one after the other.
exec 9>/run/emotion-edge-install.lock
flock --timeout 600 9 || fail 75 "another install.sh has been running for ten minutes; look what it does: ps -C sh -f"
command -v systemctl >/dev/null || fail 69 "there is no systemd here; use \`emotion-edge run\`"
if [ -n "$back" ]; then
    go_back "$1"
    exit
fi
wheel=${1:-}
if [ -n "$wheel" ]; then
    [ -f "$wheel" ] || fail 66 "$wheel: no such file; name the wheel that \`make wheel\` made, or run from a checkout without one"
    wheel=$(realpath "$wheel")
elif [ ! -f "$here/../setup.cfg" ]; then
    fail 66 "this is no checkout; name the wheel: sudo sh $0 emotion_edge-….whl"
fi
cd / # Python would prefer what lies in this folder
if [ -n "$all_in_one" ]; then
    # shellcheck source=deploy/all-in-one.sh
    . "$here/all-in-one.sh"
    ask
    sh "$here/ensure-debian.sh" "$python" python3-venv python3-systemd 'python3-picamera2?' mosquitto openssl
else
    sh "$here/ensure-debian.sh" "$python" python3-venv python3-systemd 'python3-picamera2?'
fi
PIP_CACHE_DIR=$prefix/cache
export PIP_CACHE_DIR
building=
work=$(mktemp -d)
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
# It holds the libraries of a release or two, not of all that ever were.
[ "$(du -sm "$PIP_CACHE_DIR" 2>/dev/null | cut -f1)" -lt 400 ] 2>/dev/null || rm -rf "$PIP_CACHE_DIR"
if [ -z "$wheel" ]; then
    sh "$here/wheel.sh" "$python" "$work"
    wheel=$(echo "$work"/emotion_edge-*.whl)
else
    # A copy that only root can write: what is checked is what is installed.
    given=$wheel
    cp "$given" "$work"
    wheel=$work/$(basename "$given")
    check_sums "$given"
fi
"$python" -I -m zipfile -e "$wheel" "$work/unpacked" 2>/dev/null ||
    fail 65 "${given:-$wheel} is no wheel, or it is damaged; copy or download it again"
if [ -n "$hub" ]; then kind=hub; else kind=device; fi
lock=$(echo "$work"/unpacked/*.data/data/share/emotion-edge/lock/$kind.txt)
[ -f "$lock" ] || fail 65 "${given:-$wheel} has no lock file: it is of an earlier release; use the install.sh that lies in it"
release=$prefix/releases/$(basename "$wheel" | cut -d- -f2)-$(sha256sum <"$wheel" | cut -c1-12)${hub:+-hub}
former=$(readlink "$prefix/current" 2>/dev/null || true)

if [ -z "$all_in_one" ] && [ "$release" = "$former" ] && runs "$release" && { [ -z "$hub" ] || [ -e "$hub_config" ]; }; then
    echo "unchanged: $release"
    use_changes "$release" # the configuration may have changed
fi
[ -e "$release/.complete" ] || build_release
if [ "$ask" = page ]; then
    activate "$release" || fail 70 "the units cannot be put in place; see the lines above"
    offer_page
    exit 0
fi
[ -z "$all_in_one" ] || set_up
# What an earlier run has written and nobody has edited is no configuration yet.
if [ -z "$hub" ] && [ -e "$config" ] && "$release/bin/emotion-edge" default-config | cmp -s - "$config"; then
    rm "$config" # it is written again below
fi
if [ -e "$config" ] && ! "$release/bin/emotion-edge" check-config "$config"; then
    fail 78 "$config does not suit this release; correct it and try again (nothing was changed)"
fi
if [ -e "$hub_config" ] && ! "$release/bin/emotion-edge" hub check-config; then
    fail 78 "$hub_config does not suit this release; correct it and try again (nothing was changed)"
fi
running=$(services "$release")
edit=
mkdir -p /etc/emotion-edge
if [ ! -e "$config" ] && [ -z "$hub" ]; then
    write default-config "$config"
    edit="$config (site, room and mqtt.url)"
elif [ -n "$hub" ] && [ ! -e "$hub_config" ]; then
    write "hub default-config" "$hub_config"
    edit="$hub_config (mqtt: the broker, and a login that may only read)"
fi
if [ -z "$running" ]; then
    activate "$release" || fail 70 "the units cannot be put in place; see the lines above"
    echo "installed, not started: $release"
    echo "Next: sudoedit $edit, then run this again."
    exit 0
fi
if activate "$release" && { [ -z "$all_in_one" ] || add_account; } && start "$release"; then
    echo "installed: $release"
    if [ -n "$all_in_one" ]; then say_address; else echo "Next: sudo emotion-edge doctor"; fi
    [ -z "$edit" ] || echo "Then: sudoedit $edit, and run this again."
else
    journalctl --no-pager --lines 20 -u 'emotion-edge*' >&2 || true
    case $former in "" | "$release") fail 70 "it does not start; see the lines above" ;; esac
    if activate "$former" && start "$former"; then fail 70 "$release does not start and was taken back; $former runs"; fi
    fail 70 "neither $release nor, afterwards, $former starts; see: journalctl -u 'emotion-edge*'"
fi
# Of the releases before this one, only the last is kept. One that was installed again is its own former one: the last is another.
[ "$release" != "$former" ] || exit 0
for old in "$prefix"/releases/*; do
    case $old in "$release" | "$former") ;; *) rm -rf "$old" ;; esac
done
