#!/bin/bash
# Writes what devices publish into PostgreSQL, without Telegraf: store.sh --url mqtts://store@broker --ca ca.crt
# Arguments are those of `emotion-edge watch`; the database is that of PGHOST, PGDATABASE, PGUSER, ~/.pgpass.
# Ends when the database is out of reach and a record comes; let systemd start it again (Restart=always). What is
# published meanwhile it does not get.
set -euo pipefail

# Each line is one JSON object; doubled quotes make it an SQL string, whatever it holds.
emotion-edge watch --jsonl - "$@" |
    sed -u "s/'/''/g; s/^.*\$/INSERT INTO emotion_edge.inbox (value) VALUES ('&');/" |
    PGOPTIONS="${PGOPTIONS:-} -c standard_conforming_strings=on" psql --no-psqlrc --quiet -v ON_ERROR_STOP=1
