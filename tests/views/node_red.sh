#!/bin/sh
# node_red.sh FOLDER: install Node-RED 4 (the last that runs on Node 18 and 20) into FOLDER, unless it is there.
set -eu
folder=${1:?usage: node_red.sh FOLDER}
[ -e "$folder/.done" ] && exit 0
if ! command -v npm >/dev/null; then
    echo "npm is missing: apt-get install npm, or Node.js 20 from where you have it" >&2
    exit 69
fi
mkdir -p "$folder"
npm install --no-audit --no-fund --omit=dev --loglevel=error --prefix "$folder" 'node-red@^4'
touch "$folder/.done"
