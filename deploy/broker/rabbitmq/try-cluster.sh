#!/bin/sh
# Three RabbitMQ nodes on this machine, as in rabbitmq.conf but on loopback and without TLS:
#   try-cluster.sh start FOLDER [PORT]   node N then speaks MQTT on 127.0.0.1, port PORT + N (default 11883 + N)
#   try-cluster.sh kill FOLDER N         as when the power of its machine fails
#   try-cluster.sh again FOLDER N        start it again
#   try-cluster.sh ctl FOLDER WORD...    rabbitmqctl of node 3
#   try-cluster.sh stop FOLDER           end all; FOLDER may be deleted then
# Needs the package rabbitmq-server; no root. There is a user guest with this password.
set -eu
usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 64; }
[ $# -ge 2 ] || usage
action=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
bin=/usr/lib/rabbitmq/bin
[ -x $bin/rabbitmq-server ] || { echo "RabbitMQ is missing: sudo apt-get install rabbitmq-server" >&2; exit 69; }

node() { # node N COMMAND...: run a command of RabbitMQ as node N
    n=$1
    shift
    env HOME="$folder" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$((port + 10)) RABBITMQ_NODENAME="node$n@localhost" \
        RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$((port + 20 + n)) RABBITMQ_DIST_PORT=$((port + 30 + n)) \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
        RABBITMQ_CONFIG_FILE="$folder/node$n.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" \
        RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_LOG_BASE="$folder/log" \
        RABBITMQ_PID_FILE="$folder/node$n.pid" "$@"
}

begin() {
    ( # redirected here: the shell itself would keep the script's own output open for as long as the node runs
        exec >"$folder/node$1.out" 2>&1 </dev/null
        node "$1" nohup setsid $bin/rabbitmq-server
    ) &
}

ready() {
    node "$1" $bin/rabbitmqctl --quiet wait --timeout 300 "$folder/node$1.pid"
}

case $action in
    start)
        port=${3:-11883}
        mkdir -p "$folder"
        echo "$port" >"$folder/port"
        echo '[rabbitmq_mqtt].' >"$folder/plugins"
        # Started by the first node that needs it, this daemon of Erlang would keep that node's output open for ever.
        node 0 epmd -daemon >/dev/null 2>&1 </dev/null
        for n in 1 2 3; do
            sed -e "s/rabbit@node-/node/" -e '/^cluster_formation.classic_config/s/$/@localhost/' -e '/^ssl_options/d' \
                -e '/^mqtt.listeners.ssl/d' -e "s/^mqtt.listeners.tcp = none/mqtt.listeners.tcp.default = 127.0.0.1:$((port + n))/" \
                "$here/rabbitmq.conf" >"$folder/node$n.conf"
            # One after the other: nodes of RabbitMQ 3.10 that start together may not agree who keeps the client ids of MQTT.
            begin $n
            ready $n
        done
        node 1 $bin/rabbitmqctl --quiet await_online_nodes --timeout 300 3
        ;;
    kill)
        [ $# = 3 ] || usage
        kill -KILL "$(cat "$folder/node$3.pid")"
        ;;
    again)
        [ $# = 3 ] || usage
        port=$(cat "$folder/port")
        rm -f "$folder/node$3.pid"
        begin "$3"
        ready "$3"
        ;;
    ctl)
        port=$(cat "$folder/port")
        shift 2
        node 3 $bin/rabbitmqctl "$@"
        ;;
    stop)
        for pid in "$folder"/node?.pid; do
            kill -KILL "$(cat "$pid")" 2>/dev/null || true
        done
        ERL_EPMD_RELAXED_COMMAND_CHECK=1 epmd -port $(($(cat "$folder/port") + 10)) -kill >/dev/null || true
        ;;
    *) usage ;;
esac
