#!/bin/sh
# find_python.sh VERSION: print the path of a Python of this version (3.11), installed here or by pyenv.
set -eu
for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python "/usr/bin/python$1"; do
    if command -v "$candidate" >/dev/null &&
        "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
        command -v "$candidate"
        exit
    fi
done
echo "Python $1 is missing; install it (pyenv install $1, or apt-get install python$1-venv)" >&2
exit 1
