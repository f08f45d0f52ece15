#!/bin/sh
# home_assistant.sh VENV: make (or leave) an environment with the newest Home Assistant that PYTHON (default: python3.13)
# can run, for tests/views/test_home_assistant.py; EMOTION_EDGE_HOME_ASSISTANT=VENV tells the test where it is.
set -eu
venv=${1:?"usage: $0 VENV"}
python=${PYTHON:-python3.13}
[ ! -e "$venv/.made" ] || exit 0
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 13))' ||
    { echo "$0: $python is older than 3.13; set PYTHON to one that Home Assistant runs on" >&2; exit 69; }
"$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "homeassistant>=2025.1"
# What its parts need it installs by itself at its first start, from its own constraints; the tests start it offline.
constraints=$("$venv/bin/python" -c 'import homeassistant, os; print(os.path.dirname(homeassistant.__file__))')
"$venv/bin/pip" install --quiet --disable-pip-version-check --constraint "$constraints/package_constraints.txt" \
    home-assistant-frontend paho-mqtt SQLAlchemy fnv-hash-fast psutil-home-assistant
touch "$venv/.made"
