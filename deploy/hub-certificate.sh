#!/bin/sh
# hub-certificate.sh: the certificate of the hub's page, for the names and addresses that this machine has now; root. It is
# signed anew where these have changed or it ends within 30 days, and the hub is restarted then. Run by
# emotion-edge-hub-certificate.timer and by install.sh --all-in-one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${EMOTION_EDGE_CA:-/etc/mosquitto/emotion-edge}
store=/etc/credstore
EMOTION_EDGE_CA=$folder
export EMOTION_EDGE_CA

host=$(uname -n)
set -- "$host"
case $host in *.*) ;; *) set -- "$@" "$host.local" ;; esac
# Not those of IPv6: they change every day.
for address in 127.0.0.1 $(hostname -I); do
    case $address in *:*) ;; *) set -- "$@" "$address" ;; esac
done
# After a power cut the router may come later than this machine: the certificate keeps its addresses until then.
case "$* " in
    *" 127.0.0.1 ") [ ! -e "$folder/server.crt" ] || exit 0 ;;
esac
sh "$here/broker/credentials.sh" server "$@" >/dev/null # each time the network changes: it would say "unchanged"
changed=
for pair in ca.crt:ca server.crt:cert server.key:key; do
    if ! cmp -s "$folder/${pair%:*}" "$store/emotion-edge.hub-web-${pair#*:}"; then
        install -m 600 "$folder/${pair%:*}" "$store/emotion-edge.hub-web-${pair#*:}.new"
        sync "$store/emotion-edge.hub-web-${pair#*:}.new"
        mv "$store/emotion-edge.hub-web-${pair#*:}.new" "$store/emotion-edge.hub-web-${pair#*:}"
        changed=yes
    fi
done
running() {
    # One that failed may have failed for its certificate; one that somebody has stopped stays so.
    systemctl is-active --quiet emotion-edge-hub.service || systemctl is-failed --quiet emotion-edge-hub.service
}
if [ -n "$changed" ] && running; then
    systemctl restart emotion-edge-hub.service
fi
