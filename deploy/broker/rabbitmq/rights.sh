#!/bin/sh
# A user of RabbitMQ and what it may do; the password is read from standard input:
#   rights.sh device SITE ID    writes its own topics, hears its own commands and records, nothing else
#   rights.sh store SITE NAME   reads its site and writes nothing; its MQTT client id must be NAME
#   rights.sh commands SITE NAME   a hub's second login, which pauses devices; NAME is the hub's client_id and -commands
# RABBITMQCTL is the command to use (default: rabbitmqctl, as root on a node).
set -eu
usage() { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 64; }
[ $# = 3 ] || usage
site=$2 name=$3
case $site$name in *[!A-Za-z0-9_-]*) echo "$site, $name: only letters, digits, - and _" >&2; exit 64 ;; esac
ctl() { ${RABBITMQCTL:-rabbitmqctl} --quiet "$@"; }

# MQTT's / is AMQP's . here; the dot of the topic base is part of no name.
base="emotion-edge\.v1\.$site"
queue="mqtt-subscription-(emotion-edge-)?${name}qos[01]" # a device names its session so
case $1 in
    device)
        write="^($base\.$name\.|homeassistant\.device\.$name\.config$)"
        # Its own records, too: with MQTT 3.1.1 only that shows whether they pass; RabbitMQ ends the session of who may not.
        read="^($base\.$name\.(counts(\.backfill)?|(pause|privacy|doctor)\.set)|homeassistant\.status)$"
        ;;
    store) write='^$' read="^$base\." ;;
    commands) write="^$base\.[^.]+\.pause\.set$" read="^$base\.[^.]+\.pause$" ;;
    *) usage ;;
esac
if ctl list_users </dev/null | cut -f 1 | grep -qxF "$name"; then action=change_password; else action=add_user; fi
ctl "$action" "$name" >/dev/null
ctl set_permissions "$name" "^$queue\$" "^($queue|amq\.topic)\$" "^($queue|amq\.topic)\$"
ctl set_topic_permissions "$name" amq.topic "$write" "$read"
