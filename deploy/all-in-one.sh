# shellcheck shell=sh disable=SC2154 # install.sh assigns python, config, hub_config, here, work and release
# all-in-one.sh: what `install.sh --all-in-one` does beyond the release; install.sh reads it in. Each step leaves alone what
# an earlier run made.

broker_folder=/etc/mosquitto/emotion-edge
broker_config=/etc/mosquitto/conf.d/emotion-edge.conf
of_debian="pid_file|persistence|persistence_location|log_dest|include_dir" # what is set in Debian's own mosquitto.conf
hub_login=emotion-edge-hub
first_account="admin"
ours="# Written by install.sh --all-in-one."

# wrong_X VALUE: says what is wrong with an answer; true where something is.
wrong_site() {
    case $1 in
        "" | site | -* | .* | *[!A-Za-z0-9._-]*) echo "use letters, digits, '.', '_' and '-', such as north" ;;
        *) return 1 ;;
    esac
}

wrong_room() {
    case $1 in
        "" | room | *[[:cntrl:]]*) echo "write the name of the room, such as B12" ;;
        *) return 1 ;;
    esac
}

wrong_mode() {
    case $1 in presence | emotions) return 1 ;; *) echo "write presence or emotions" ;; esac
}

wrong_time_zone() {
    "$python" -I -c 'import sys, zoneinfo; zoneinfo.ZoneInfo(sys.argv[1])' "$1" 2>/dev/null && return 1
    echo "is no time zone of this machine; write one such as Europe/Berlin"
}

wrong_open() {
    [ -n "$1" ] || return 1
    day='(mon|tue|wed|thu|fri|sat|sun)' time='([01][0-9]|2[0-3]):[0-5][0-9]'
    echo "$1" | grep -Eqx "$day(-$day)? $time-(24:00|$time)" && return 1
    echo "write hours such as mon-fri 07:45-16:00, or nothing: always"
}

# question NAME OPTION TEXT DEFAULT: asks until the answer can be used, three times at most; the answer is in $answer.
question() {
    for _try in 1 2 3; do
        printf '%s%s: ' "$3" "${4:+ [$4]}" >&2
        read -r answer || fail 64 "no answer; run this in a terminal, give --site, --room and --mode, or --ask page"
        answer=${answer:-$4}
        problem=$("wrong_$1" "$answer") || return 0
        echo "  $answer: $problem" >&2
    done
    fail 64 "no answer that can be used; give $2"
}

# given NAME OPTION VALUE: refuses an option with a wrong value.
given() {
    ! problem=$("wrong_$1" "$3") || fail 64 "$2 $3: $problem"
}

notice() {
    cat >&2 <<'END'

Inferring emotions in workplaces and education is prohibited in the EU (Regulation (EU) 2024/1689, Article 5(1)(f)) except for
medical or safety reasons. Shown emotion is not felt emotion. Mode `presence` counts people only: no emotion is inferred.
END
}

wrong_school() {
    case $1 in yes | no) return 1 ;; *) echo "write yes or no" ;; esac
}

wrong_lawful() {
    case $1 in yes) return 1 ;; *) echo "write yes, or end this with Ctrl-C" ;; esac
}

# by_page: whether a page asks: where that is wanted, or nobody can answer here.
by_page() {
    if [ -n "${site:-}${room:-}${mode:-}" ]; then
        [ "${ask:-}" != page ] || fail 64 "--ask page asks for all of it; leave --site, --room and --mode away"
        return 1
    fi
    if [ -z "${ask:-}" ] && [ ! -t 0 ] && [ ! -p /dev/stdin ] && [ ! -f /dev/stdin ]; then
        ask=page
    fi
    [ "${ask:-}" = page ] || return
    [ -z "${practice:-}" ] || fail 64 "--ask page asks for practice, too; leave --practice away"
}

# ask: what only the operator knows, before anything is done. Nothing where a configuration is there already.
ask() {
    if [ -e "$config" ]; then
        [ "$(head -n1 "$config")" = "$ours" ] ||
            fail 78 "$config is not of --all-in-one; move it away, or add a hub to this device: sudo $0 --hub"
        ask=terminal
        echo "kept: $config; to change site, room or mode: sudoedit $config, then run this again" >&2
        return
    fi
    if [ -e "$broker_config" ] && ! cmp -s "$broker_config" "$here/broker/loopback.conf"; then
        fail 78 "$broker_config is of another broker; use it (docs/guide/broker.md), or move it away"
    fi
    for other in "${broker_config%/*}"/*.conf; do
        [ "$other" = "$broker_config" ] || ! grep -Eqs '^[^#]' "$other" ||
            fail 78 "Mosquitto is set up already ($other); move that away, or set up device and hub by hand: docs/guide/hub.md"
    done
    main=${broker_config%/*/*}/mosquitto.conf
    own=$(grep -Esv -m1 "^[[:space:]]*(#|\$|($of_debian)[[:space:]])" "$main" || true)
    [ -z "$own" ] ||
        fail 78 "Mosquitto is set up already ($main: $own); put # before such lines, or set up device and hub by hand: docs/guide/hub.md"
    [ -n "${site:-}" ] && [ -n "${room:-}" ] && [ -n "${mode:-}" ] || questions=yes
    if [ -n "${ask:-}${questions:-}" ] && by_page; then
        return
    fi
    ask=terminal
    if [ -n "${site:-}" ]; then given site --site "$site"; else
        question site --site "Site, a short name of the building or school" "" && site=$answer
    fi
    if [ -n "${room:-}" ]; then given room --room "$room"; else
        question room --room "Room" "" && room=$answer
    fi
    ask_mode
    ask_hours
    [ -z "${questions:-}" ] || echo "Thank you. The rest takes some minutes and asks nothing." >&2
}

ask_mode() {
    notice
    if [ -z "${mode:-}" ]; then
        question school --mode "Is this a school or a workplace in the EU (yes or no)?" ""
        if [ "$answer" = yes ]; then
            mode=presence
            echo "Mode: presence." >&2
        else
            question mode --mode "Mode, presence or emotions" presence && mode=$answer
        fi
    fi
    given mode --mode "$mode"
    [ "$mode" = emotions ] && [ -z "${accepted:-}" ] || return 0
    [ -n "${questions:-}" ] || fail 64 "--mode emotions needs --accept-notice: read the notice above"
    question lawful --accept-notice "Is inferring emotions lawful in this room (yes)?" ""
}

ask_hours() {
    zone=$(timedatectl show --property=Timezone --value 2>/dev/null || true)
    if [ -n "${time_zone:-}" ]; then given time_zone --time-zone "$time_zone"; elif [ -n "${questions:-}" ]; then
        question time_zone --time-zone "Time zone" "${zone:-Etc/UTC}" && time_zone=$answer
    fi
    if [ -n "${open:-}" ]; then given open --open "$open"; elif [ -n "${questions:-}" ]; then
        question open --open "Hours in which the camera is open, such as mon-fri 07:45-16:00 (empty: always)" ""
        open=$answer
    fi
}

# toml TEXT: as a string of TOML.
toml() {
    "$python" -I -c 'import json, sys; print(json.dumps(sys.argv[1], ensure_ascii=False))' "$1"
}

credentials() {
    EMOTION_EDGE_CA=$broker_folder sh "$here/broker/credentials.sh" "$@"
}

# login CREDENTIAL COMMAND NAME: a login at the broker, and its password where only root and systemd can read it. A new one
# where site or device have been renamed.
login() {
    if [ -s "/etc/credstore/$1" ] && credentials knows "$site" "$3"; then
        return
    fi
    said=$(credentials "$2" "$site" "$3")
    (umask 077 && printf '%s\n' "${said##* }" >"/etc/credstore/$1")
}

# value KEY: of a section [device] that an earlier run wrote.
value() {
    "$python" -I -c 'import sys, tomllib; print(tomllib.load(open(sys.argv[1], "rb"))["device"][sys.argv[2]])' "$config" "$1"
}

# certificates: the authority of this machine, and the certificate of its page.
certificates() {
    sh "$here/ensure-debian.sh" "$python" avahi-daemon ||
        echo "There is no avahi-daemon, so phones find this machine by its address only, not by its name." >&2
    install -d -m 700 /etc/credstore
    mkdir -p /etc/emotion-edge "$broker_folder"
    sh "$here/hub-certificate.sh"
}

# offer_page: a page asks for all the rest, see emotion-edge-first-run.service. Root applies the answers with the release that
# lies in first-run.
offer_page() {
    certificates
    rm -rf "$prefix/first-run"
    install -d -m 700 "$prefix/first-run"
    install -m 600 -t "$prefix/first-run" "$wheel"
    printf '%s\n' "${camera:-}" >"$prefix/first-run/camera"
    systemctl stop emotion-edge-first-run.path emotion-edge-first-run.service
    "$release/bin/emotion-edge" hub first-run code
    systemctl start emotion-edge-first-run.service || fail 70 "it does not start; see: journalctl -u emotion-edge-first-run"
    rm -f /run/emotion-edge/first-run-code
    systemctl start emotion-edge-first-run.path
    echo "Open the page on a phone or computer in the same network. It asks for all the rest."
}

# set_up: broker, certificates and configuration.
set_up() {
    # A page that still asks would hold the hub's port, and perhaps the camera.
    systemctl stop emotion-edge-first-run.service 2>/dev/null || true
    certificates
    if [ -e "$config" ]; then
        site=$(value site)
        device=$(value id)
    else
        device=$(uname -n | tr -c 'A-Za-z0-9\n' -)
    fi
    login emotion-edge.password loopback "$device"
    login emotion-edge.hub-password dashboard "$hub_login"
    login emotion-edge.hub-commands-password commands "$hub_login-commands"
    install -m 644 "$here/broker/loopback.conf" "$broker_config"
    systemctl enable --quiet mosquitto.service
    systemctl restart mosquitto.service || fail 70 "Mosquitto does not start; see: journalctl -u mosquitto"
    if [ ! -e "$config" ]; then
        device_configuration >"$work/config.toml"
        # Checked before it is there, so that a second run asks again.
        "$release/bin/emotion-edge" check-config "$work/config.toml" || fail 78 "an answer cannot be used; run this again"
        install -m 600 "$work/config.toml" "$config"
        # As emotion-edge.tmpfiles has it, where the users of the device are there already, as after the set-up page.
        if getent group emotion-edge >/dev/null; then
            chgrp emotion-edge "$config"
            chmod 640 "$config"
        fi
    fi
    # Whole or not at all: an empty one, as after a power cut, is written again.
    [ -s "$hub_config" ] || (umask 077 && hub_configuration >"$hub_config.new" && sync "$hub_config.new" && mv "$hub_config.new" "$hub_config")
}

device_configuration() {
    cat <<END
$ours
# \`emotion-edge default-config\` explains every key. After a change: sudo emotion-edge apply
mode = "$mode"

[device]
id = "$device"
site = "$site"
room = $(toml "$room")

[camera]
source = $(toml "${camera:-picamera2}")

[pause]
camera_open = [${open:+"\"$open\""}]
timezone = "${time_zone:-}"

[mqtt]
url = "mqtt://127.0.0.1:1883"
username = "$device"
password_file = "credential:emotion-edge.password"

# end of configuration
END
}

hub_configuration() {
    cat <<END
$ours
# \`emotion-edge hub default-config\` explains every key. After a change: sudo systemctl restart emotion-edge-hub
site = "$site"

[mqtt]
url = "mqtt://127.0.0.1:1883"
username = "$hub_login"
password_file = "credential:emotion-edge.hub-password"

[commands]
username = "$hub_login-commands"
password_file = "credential:emotion-edge.hub-commands-password"

[http]
address = "0.0.0.0"
cert_file = "credential:emotion-edge.hub-web-cert"
key_file = "credential:emotion-edge.hub-web-key"

[trust]
ca_file = "credential:emotion-edge.hub-web-ca"

# end of configuration
END
}

# add_account: the first one, with the password that was given, or one that is printed once.
add_account() {
    systemctl enable --quiet --now emotion-edge-hub-certificate.timer || return
    accounts=$("$release/bin/emotion-edge" hub accounts list) || return
    [ -z "$accounts" ] || return 0
    if [ -n "${password_file:-}" ]; then
        "$release/bin/emotion-edge" hub accounts add "$first_account" --role admin --password-file - \
            <"$password_file" >/dev/null
        return
    fi
    password=$(openssl rand -hex 8 | sed 's/..../&-/g; s/-$//')
    printf '%s\n' "$password" |
        "$release/bin/emotion-edge" hub accounts add "$first_account" --role admin --password-file - >/dev/null || return
}

# say_address: what to do next.
say_address() {
    systemctl stop emotion-edge-first-run.path
    rm -rf "$prefix/first-run"
    echo
    [ -z "${practice:-}" ] || "$release/bin/emotion-edge" practice ||
        echo "Practice did not begin, see above. Later: sudo emotion-edge practice"
    "$release/bin/emotion-edge" hub address
    if [ -n "${password:-}" ]; then
        echo "Log in as $first_account with the password $password (it is not shown again;"
        echo "another one: sudo emotion-edge hub accounts password $first_account)."
    fi
    echo "Next: open the address on a phone in the same network, and let the camera look at the room:"
    echo "  sudo emotion-edge doctor                             # camera, broker, hub: what to do"
    echo "  sudo emotion-edge hub accounts add NAME --role teacher --rooms $(value id)"
    echo "  sudo emotion-edge hub address                        # this address again"
}
