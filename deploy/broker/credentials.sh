#!/bin/sh
# A private certificate authority for one broker and its devices, and who may do what there.
#
#   credentials.sh server NAME...          certificate of the broker for its names and addresses, as clients write them; a valid one stays
#   credentials.sh device SITE ID          certificate and rights of a device: it writes its own topics, and no others
#   credentials.sh sign SITE ID            the same for a device that keeps its key; its certificate request is on standard input
#   credentials.sh resign SITE ID          the same, and what ID had before is revoked
#   credentials.sh allow SITE ID...        the rights of devices again, such as after they were moved to another site
#   credentials.sh loopback SITE ID        password and the same rights, for a device beside its broker (loopback.conf)
#   credentials.sh dashboard SITE NAME     password and rights of a dashboard: it reads the site, and writes nothing
#   credentials.sh commands SITE NAME      password and rights of a hub's second login: it pauses devices of the site
#   credentials.sh knows SITE NAME         fails where NAME has no password, or no rights in SITE
#   credentials.sh remove NAME             takes a device's or a dashboard's rights away, revokes its certificates
#   credentials.sh supersede ID            revokes the certificates of a device that its present one has replaced
#   credentials.sh renew                   signs again what ends within RENEW_DAYS; run it daily
#   credentials.sh crl                     writes the list of revoked certificates; `server`, `remove` and `supersede` do it, too
#
# Everything lies in the folder EMOTION_EDGE_CA (default: /etc/mosquitto/emotion-edge where that is, else ./credentials). ca.key must never leave this machine; a device
# gets ca.crt, devices/ID.crt and devices/ID.key, the broker ca.crt, crl.pem, server.crt, server.key, acl and passwords.
# Run by root, the script lets the group BROKER_GROUP (default: mosquitto) read what the broker needs, and nothing else;
# acl and passwords belong to BROKER_USER (default: mosquitto), where there is such a user.
# After a change: systemctl reload mosquitto.
set -eu
umask 077

installed=/etc/mosquitto/emotion-edge
[ -d "$installed" ] || installed=credentials
folder=${EMOTION_EDGE_CA:-$installed}
base=${EMOTION_EDGE_BASE:-emotion-edge/v1}
ca_days=${CA_DAYS:-3650}
leaf_days=${LEAF_DAYS:-397}
renew_days=${RENEW_DAYS:-30}
broker_group=${BROKER_GROUP:-mosquitto}
broker_user=${BROKER_USER:-mosquitto}
published="counts counts/backfill health info pause status"
commands="pause/set privacy/set doctor/set" # the last one is a topic on which `doctor` hears itself

usage() {
    sed -n '4,16s/^# *//p' "$0" >&2
    exit 64
}

fail() {
    echo "$0: $1" >&2
    exit "${2:-65}"
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

# certify FILE SUBJECT USAGE [SAN]: a certificate for FILE.key, or for FILE.pub where the key is elsewhere. The extensions are
# those that RFC 5280 asks for, and that Python 3.13 insists on.
certify() {
    {
        echo "basicConstraints = critical, CA:FALSE"
        echo "keyUsage = critical, digitalSignature"
        echo "extendedKeyUsage = $3"
        echo "subjectKeyIdentifier = hash"
        echo "authorityKeyIdentifier = keyid"
        [ -z "${4:-}" ] || echo "subjectAltName = $4"
    } >"$1.extensions"
    if [ -e "$1.key" ]; then openssl pkey -in "$1.key" -pubout -out "$1.public"; else cp "$1.pub" "$1.public"; fi
    # Nothing of a request but its key: who asks does not say who it is.
    openssl x509 -new -force_pubkey "$1.public" -subj "/CN=$2" -CA ca.crt -CAkey ca.key -days "$leaf_days" \
        -extfile "$1.extensions" -out "$1.partial"
    mv "$1.partial" "$1.crt"
    chmod 644 "$1.crt"
    rm "$1.public" "$1.extensions"
}

# The list of the certificates of devices has a line for each one that was ever signed, so that `remove` revokes also
# those that a renewal replaced.
authority_list() {
    [ -e index.txt ] || : >index.txt
    cat >authority.cnf <<'END'
[ca]
default_ca = private
[private]
database = index.txt
certificate = ca.crt
private_key = ca.key
default_md = sha256
unique_subject = no
END
    said=$(openssl ca -config authority.cnf "$@" 2>&1) || fail "the list of certificates cannot be written: $said"
}

list() {
    serial=$(openssl x509 -in "$1" -noout -serial)
    grep -q "	${serial#serial=}	" index.txt 2>/dev/null || authority_list -valid "$1"
}

# The list is valid for as long as the authority: Mosquitto lets nobody in by a list that is too old.
crl() {
    authority
    authority_list -gencrl -crldays "$ca_days" -out crl.partial
    chmod 644 crl.partial
    mv crl.partial crl.pem
}

# rights NAME LINE...: replaces what the access list says of NAME.
rights() {
    who=$1
    shift
    touch acl
    # The empty strings make awk compare texts: as numbers, 07 equals 7.
    awk -v who="$who" '$1 == "user" { skip = ($2 "" == who "") } !skip' acl >acl.partial
    if [ $# -gt 0 ]; then
        printf 'user %s\n' "$who" >>acl.partial
        printf 'topic %s\n' "$@" >>acl.partial
    fi
    chmod 644 acl.partial
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
    touch acl passwords
    if [ -e server.crt ] && [ "$(cat server.names 2>/dev/null)" = "$names" ] && ! ending server.crt &&
        openssl verify -CAfile ca.crt server.crt >/dev/null 2>&1; then
        [ -e crl.pem ] || crl
        echo "unchanged: $PWD/server.crt"
        return
    fi
    [ -e server.key ] || key server.key
    certify server "$1" serverAuth "$names"
    # Last: it says which names the certificate has.
    echo "$names" >server.names.partial
    mv server.names.partial server.names
    crl
}

# without NAME: copies the passwords of all others to passwords.partial.
without() {
    touch passwords
    awk -F: -v who="$1" '$1 "" != who ""' passwords >passwords.partial
}

# device_rights SITE ID: what a device writes and reads.
device_rights() {
    site=$1 one=$2
    set -- "write homeassistant/device/$one/config" "read homeassistant/status"
    for leaf in $published; do set -- "$@" "write $base/$site/$one/$leaf"; done
    for leaf in $commands; do set -- "$@" "read $base/$site/$one/$leaf"; done
    rights "$one" "$@" "write $base/$site/$one/doctor/set"
}

# Rights are compared in any order: those that are written again come last.
allow() {
    site=$1
    shift
    name "$site"
    touch acl
    before=$(sort acl)
    for device in "$@"; do
        name "$device"
        [ -e "devices/$device.crt" ] || fail "$PWD has no certificate of $device; make one: $0 device $site $device"
        device_rights "$site" "$device"
    done
    [ "$before" != "$(sort acl)" ] || echo "unchanged: $PWD/acl"
}

knows() {
    name "$1"
    name "$2"
    grep -qs "^$(pattern "$2"):" passwords &&
        awk -v who="$2" -v site="/$1/" '$1 == "user" { its = ($2 "" == who "") }
            its && index($0, site) { found = 1 } END { exit !found }' acl
}

device() {
    name "$1"
    name "$2"
    ! grep -qs "^$(pattern "$2"):" passwords || fail "a dashboard has the name $2; choose another"
    [ ! -e "devices/$2.pub" ] || fail "$2 keeps its key by itself; use sign, or first: $0 remove $2"
    authority
    mkdir -p devices
    [ -e "devices/$2.key" ] || key "devices/$2.key"
    certify "devices/$2" "$2" clientAuth
    list "devices/$2.crt"
    device_rights "$1" "$2"
    echo "$PWD/devices/$2.crt, $PWD/devices/$2.key"
}

# public FILE: the public key of a certificate.
public() {
    openssl x509 -in "$1" -noout -pubkey
}

# Asked again with the same key, it gives the same certificate: the answer may have been lost.
sign() {
    name "$1"
    name "$2"
    [ -e ca.crt ] || fail "$PWD holds no certificate authority; begin with: $0 server NAME"
    ! grep -qs "^$(pattern "$2"):" passwords || fail "a dashboard has the name $2; choose another"
    mkdir -p devices
    request=devices/$2.request
    cat >"$request"
    # `req -verify` of OpenSSL 3.0 succeeds where the signature is wrong; this does not.
    openssl x509 -req -in "$request" -CA ca.crt -CAkey ca.key -days 1 -out /dev/null 2>/dev/null &&
        openssl req -in "$request" -noout -pubkey >"$request.pub" &&
        openssl pkey -pubin -in "$request.pub" -noout -text | grep -q 'ASN1 OID: prime256v1' ||
        { rm -f "$request" "$request.pub" && fail "this is no certificate request of a key on the curve P-256"; }
    if [ -e "devices/$2.crt" ] && openssl x509 -in "devices/$2.crt" -noout -checkend 0 >/dev/null; then
        if public "devices/$2.crt" | cmp -s - "$request.pub"; then
            rm "$request" "$request.pub"
            device_rights "$1" "$2"
            echo "$PWD/devices/$2.crt"
            return
        fi
        [ -n "${replacing:-}" ] ||
            { rm "$request" "$request.pub" && fail "$2 has a certificate that is valid; to replace it: resign" 73; }
        list "devices/$2.crt"
    fi
    rm "$request"
    mv "$request.pub" "devices/$2.pub"
    rm -f "devices/$2.key"
    certify "devices/$2" "$2" clientAuth
    list "devices/$2.crt"
    device_rights "$1" "$2"
    [ -z "${replacing:-}" ] || supersede "$2" >&2
    echo "$PWD/devices/$2.crt"
}

resign() {
    replacing=yes
    sign "$@"
}

# pattern NAME: the name as a basic regular expression.
pattern() {
    printf '%s' "$1" | sed 's/\./\\./g'
}

# password NAME: a new password, in $secret; the broker gets its hash.
password() {
    name "$1"
    [ ! -e "devices/$1.crt" ] || fail "a device has the name $1; choose another"
    secret=$(openssl rand -base64 24)
    # By a file: every user of this machine can read the arguments of a process.
    echo "$1:$secret" >password.partial
    mosquitto_passwd -U password.partial
    without "$1"
    cat password.partial >>passwords.partial
    rm password.partial
    chmod 644 passwords.partial # salted hashes; the broker's own user has to read them
    mv passwords.partial passwords
}

loopback() {
    name "$1"
    password "$2"
    device_rights "$1" "$2"
    echo "user $2, password $secret"
}

dashboard() {
    name "$1"
    password "$2"
    site=$1 one=$2
    set --
    for leaf in $published; do set -- "$@" "read $base/$site/+/$leaf"; done
    rights "$one" "$@"
    echo "user $one, password $secret"
}

commands() {
    name "$1"
    password "$2"
    rights "$2" "read $base/$1/+/pause" "write $base/$1/+/pause/set"
    echo "user $2, password $secret"
}

# revoke NAME [SERIAL]: the certificates of this name, all or all but one.
revoke() {
    touch index.txt
    awk -F '\t' -v OFS='\t' -v name="/CN=$1" -v stays="${2:-}" -v now="$(date -u +%y%m%d%H%M%SZ)" \
        '$1 == "V" && $6 "" == name "" && $4 "" != stays "" { $1 = "R"; $3 = now } { print }' index.txt >index.partial
    mv index.partial index.txt
    crl
}

# What the device shows by now is its present one: call this only after it has connected with it.
supersede() {
    name "$1"
    [ -e "devices/$1.crt" ] || fail "$PWD has no certificate of $1; make one: $0 device SITE $1"
    list "devices/$1.crt"
    former=$(awk -F '\t' -v name="/CN=$1" -v stays="${serial#serial=}" \
        '$1 == "V" && $6 "" == name "" && $4 "" != stays "" { print "revoked " $4 }' index.txt)
    [ -n "$former" ] || return 0
    revoke "$1" "${serial#serial=}"
    echo "$former"
}

remove() {
    name "$1"
    # Else who mistypes a name, or works in another folder, believes that a lost device is locked out.
    grep -qsx "user $(pattern "$1")" acl || grep -qs "^$(pattern "$1"):" passwords || [ -e "devices/$1.crt" ] ||
        fail "nobody has the name $1 in $PWD, so nothing was revoked; another folder: EMOTION_EDGE_CA=FOLDER"
    rights "$1"
    if [ -e passwords ]; then
        without "$1"
        chmod 644 passwords.partial
        mv passwords.partial passwords
    fi
    if [ -e ca.crt ]; then
        [ ! -e "devices/$1.crt" ] || list "devices/$1.crt"
        revoke "$1"
    fi
    rm -f "devices/$1.crt" "devices/$1.key" "devices/$1.pub"
}

ending() {
    ! openssl x509 -in "$1" -noout -checkend $((renew_days * 86400)) >/dev/null
}

renew() {
    [ -e ca.crt ] || fail "$PWD holds no certificate authority; begin with: $0 server NAME"
    ! ending ca.crt || echo "the authority itself ends on $(openssl x509 -in ca.crt -noout -enddate): make a new one" >&2
    if [ -e server.crt ] && ending server.crt; then
        certify server "$(openssl x509 -in server.crt -noout -subject -nameopt multiline | sed -n 's/ *commonName *= //p')" \
            serverAuth "$(cat server.names)"
        echo server
    fi
    for certificate in devices/*.crt; do
        [ -e "$certificate" ] || continue
        ending "$certificate" || continue
        one=${certificate#devices/}
        list "$certificate"
        certify "${certificate%.crt}" "${one%.crt}" clientAuth
        list "$certificate"
        echo "${one%.crt}"
    done
    crl
}

# The broker reads its own files; the keys of devices and of the authority are for root alone.
admit() {
    [ "$(id -u)" = 0 ] && getent group "$broker_group" >/dev/null || return 0
    chgrp "$broker_group" .
    chmod 750 .
    for file in ca.key devices index.txt; do
        [ ! -e "$file" ] || { chgrp -R root "$file" && chmod -R go= "$file"; }
    done
    # Mosquitto 2.1 warns of such a file that another user owns or that everyone can read.
    for file in acl passwords; do
        if [ -e "$file" ] && id "$broker_user" >/dev/null 2>&1; then
            chown "$broker_user:$broker_group" "$file"
            chmod 640 "$file"
        fi
    done
    if [ -e server.key ]; then
        chgrp "$broker_group" server.key
        chmod 640 server.key
    fi
}

command=${1:-}
case $command:$# in
    server:0 | server:1 | allow:0 | allow:1 | allow:2) usage ;;
    server:* | allow:* | device:3 | sign:3 | resign:3 | loopback:3 | dashboard:3 | commands:3 | knows:3 | remove:2 | supersede:2 | renew:1 | crl:1) ;;
    *) usage ;;
esac
shift
mkdir -p "$folder"
cd "$folder"
"$command" "$@"
admit
