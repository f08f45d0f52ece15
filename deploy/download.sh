#!/bin/sh
# download.sh COMMAND...: run a command that downloads (apt-get, pip), and print nothing where it succeeds. Waits while
# another program uses apt, as one does after the first boot. Where there is no network, or where a file is not the one that
# a lock file names, says so in one line.
# APT_WAIT_SECONDS (600): how long to wait.
set -eu
limit=${APT_WAIT_SECONDS:-600}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

fail() {
    echo "$1" >&2
    exit 69
}

# DPkg::Lock::Timeout waits for one of apt's three locks only, hence this loop.
waited=0
while ! LC_ALL=C "$@" >"$log" 2>&1; do
    if grep -q 'Could not get lock\|Unable to lock directory' "$log"; then
        holder=$(sed -n 's/.*held by process \([0-9]* ([^)]*)\).*/process \1/p' "$log" | head -n1)
        holder=${holder:-another program}
        [ "$waited" -lt "$limit" ] ||
            fail "apt is still in use by $holder after $limit s; see what it does (ps -ef), then try again"
        [ "$waited" -gt 0 ] || echo "apt is in use by $holder; waiting until it has ended, $limit s at most" >&2
        sleep 5
        waited=$((waited + 5))
    elif grep -q 'DO NOT MATCH THE HASHES' "$log"; then
        file=$(sed -n 's/^ *\([^ ]*==[^ ]*\)\( from [^ #]*\)\{0,1\}.*/\1\2/p' "$log" | head -n1)
        echo "refused: ${file:-a file} has other content than the one that the lock file names, so it was not installed. Try \
again; if this stays, do not use that file: set PIP_INDEX_URL or PIP_FIND_LINKS to another source, and report it" >&2
        exit 65
    elif grep -qi 'resolv\|name resolution\|unreachable\|NewConnectionError\|timed out' "$log"; then
        # The default route, of IPv4 or IPv6.
        if grep -q '^[^[:space:]]*[[:space:]]00000000[[:space:]]' /proc/net/route ||
            grep '^0\{32\} 00 ' /proc/net/ipv6_route 2>/dev/null | grep -qv ' lo$'; then
            fail "no answer from the servers; check the network (ping -c1 deb.debian.org), then try again"
        fi
        fail "no network: this machine has no default route; connect it (Raspberry Pi OS: sudo nmtui), then try again"
    else
        cat "$log" >&2
        fail "failed, see the lines above: $*"
    fi
done
