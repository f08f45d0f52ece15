#!/bin/sh
# A private certificate authority for one broker and its devices, and who may do what there.
#
#   credentials.sh server NAME...          certificate of the broker; its host names and addresses as clients write them
#   credentials.sh device SITE ID          certificate and rights of a device: it writes its own topics, and no others
#   credentials.sh dashboard SITE NAME     password and rights of a dashboard: it reads the site, and writes nothing
#   credentials.sh remove NAME             takes a device's or a dashboard's rights away
#   credentials.sh renew                   signs again what ends within RENEW_DAYS; run it daily
#
# Everything lies in the folder EMOTION_EDGE_CA (default: ./credentials). ca.key must never leave this machine; a device
# gets ca.crt, devices/ID.crt and devices/ID.key, the broker ca.crt, server.crt, server.key, acl and passwords.
# acl and passwords belong to the broker's user, EMOTION_EDGE_BROKER_USER (default: mosquitto), where root runs this and
# there is such a user. After a change: systemctl reload mosquitto.
set -eu
umask 077

folder=${EMOTION_EDGE_CA:-credentials}
base=${EMOTION_EDGE_BASE:-emotion-edge/v1}
ca_days=${CA_DAYS:-3650}
leaf_days=${LEAF_DAYS:-397}
renew_days=${RENEW_DAYS:-30}
broker_user=${EMOTION_EDGE_BROKER_USER:-mosquitto}

usage() {
    sed -n '3,7s/^# *//p' "$0" >&2
    exit 64
}

fail() {
    echo "$0: $1" >&2
    exit 65
}

# Topics and file names are built of these: no wildcard, slash, space or leading dash or dot.
name() {
    case $1 in
        "" | -* | .* | *[!A-Za-z0-9._-]*) fail "'$1' is no usable name; use letters, digits, '.', '_' and '-'" ;;
    esac
}

key() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.partial"
    mv "$1.partial" "$1"
}

authority() {
    [ -e ca.crt ] && return
    key ca.key
    openssl req -x509 -new -key ca.key -days "$ca_days" -subj "/O=emotion-edge/CN=private CA" -out ca.partial \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign
    mv ca.partial ca.crt
    chmod 644 ca.crt
}

# sign FILE SUBJECT USAGE [SAN]: a certificate for FILE.key. The extensions are those that RFC 5280 asks for, and that
# Python 3.13 insists on.
sign() {
    {
        echo "basicConstraints = critical, CA:FALSE"
        echo "keyUsage = critical, digitalSignature"
        echo "extendedKeyUsage = $3"
        echo "subjectKeyIdentifier = hash"
        echo "authorityKeyIdentifier = keyid"
        [ -z "${4:-}" ] || echo "subjectAltName = $4"
    } >"$1.extensions"
    openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -days "$leaf_days" -extfile "$1.extensions" \
        -out "$1.partial" 2>/dev/null
    mv "$1.partial" "$1.crt"
    chmod 644 "$1.crt"
    rm "$1.csr" "$1.extensions"
}

# broker_reads FILE...: Mosquitto 2.1 warns of such a file that another user owns or that everyone can read.
broker_reads() {
    chmod 640 "$@"
    if [ "$(id -u)" = 0 ] && id "$broker_user" >/dev/null 2>&1; then chown "$broker_user:" "$@"; fi
}

# rights NAME LINE...: replaces what the access list says of NAME.
rights() {
    who=$1
    shift
    touch acl
    awk -v who="$who" '$1 == "user" { skip = ($2 == who) } !skip' acl >acl.partial
    if [ $# -gt 0 ]; then
        printf 'user %s\n' "$who" >>acl.partial
        printf 'topic %s\n' "$@" >>acl.partial
    fi
    broker_reads acl.partial
    mv acl.partial acl
}

server() {
    names=
    for one in "$@"; do
        case $one in
            *:*) names="$names${names:+, }IP:$one" ;;
            *[!0-9.]*) name "$one"; names="$names${names:+, }DNS:$one" ;;
            *) names="$names${names:+, }IP:$one" ;;
        esac
    done
    authority
    [ -e server.key ] || key server.key
    echo "$names" >server.names
    sign server "$1" serverAuth "$names"
    touch acl passwords
    broker_reads acl passwords
}

device() {
    name "$1"
    name "$2"
    authority
    mkdir -p devices
    [ -e "devices/$2.key" ] || key "devices/$2.key"
    sign "devices/$2" "$2" clientAuth
    rights "$2" "write $base/$1/$2/#" "read $base/$1/$2/+/set" "write homeassistant/device/$2/config" \
        "read homeassistant/status"
    echo "$PWD/devices/$2.crt, $PWD/devices/$2.key"
}

dashboard() {
    name "$1"
    name "$2"
    touch passwords
    secret=$(openssl rand -base64 24)
    mosquitto_passwd -b passwords "$2" "$secret"
    broker_reads passwords
    rights "$2" "read $base/$1/#"
    echo "user $2, password $secret"
}

remove() {
    name "$1"
    rights "$1"
    if [ -e passwords ]; then
        mosquitto_passwd -D passwords "$1" 2>/dev/null || :
        broker_reads passwords
    fi
    rm -f "devices/$1.crt" "devices/$1.key"
}

ending() {
    ! openssl x509 -in "$1" -noout -checkend $((renew_days * 86400)) >/dev/null
}

renew() {
    [ -e ca.crt ] || fail "$PWD holds no certificate authority; begin with: $0 server NAME"
    ! ending ca.crt || echo "the authority itself ends on $(openssl x509 -in ca.crt -noout -enddate): make a new one" >&2
    if [ -e server.crt ] && ending server.crt; then
        sign server "$(openssl x509 -in server.crt -noout -subject -nameopt multiline | sed -n 's/ *commonName *= //p')" \
            serverAuth "$(cat server.names)"
        echo server
    fi
    for certificate in devices/*.crt; do
        [ -e "$certificate" ] || continue
        ending "$certificate" || continue
        one=${certificate#devices/}
        sign "${certificate%.crt}" "${one%.crt}" clientAuth
        echo "${one%.crt}"
    done
}

command=${1:-}
case $command:$# in
    server:0 | server:1) usage ;;
    server:* | device:3 | dashboard:3 | remove:2 | renew:1) ;;
    *) usage ;;
esac
shift
mkdir -p "$folder"
cd "$folder"
"$command" "$@"
