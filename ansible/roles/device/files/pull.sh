#!/bin/sh
# emotion-edge-pull: bring this device to what its repository says, if somebody who may do so has signed the newest commit.
# Settings: /etc/emotion-edge-pull/settings, written by the role `device`. The timer emotion-edge-pull.timer starts it.
#
# The commit is verified before a file of it is written. ansible-pull checks out first and verifies then
# (https://github.com/ansible/ansible/issues/75609), so that its next run reads the inventory of a commit that was refused;
# and it takes an older commit that was signed once.
# shellcheck disable=SC2154 # names that come from the settings
set -eu
folder=/etc/emotion-edge-pull state=/var/lib/emotion-edge-pull

fail() {
    echo "emotion-edge-pull: $1" >&2
    exit 1
}

# shellcheck source=/dev/null
. "$folder/settings"
exec 9>/run/emotion-edge-pull.lock
flock --nonblock 9 || { echo "another pull runs; the next one is due by the timer"; exit 0; }
# A push leaves the first file while it works, an upgrade the second one until its verdict. One that was killed keeps pulls
# away for six hours.
if [ -n "$(find /run/emotion-edge-push /opt/emotion-edge/upgrade.json -mmin -360 2>/dev/null)" ]; then
    echo "a push is under way, so nothing is pulled; the next pull is due by the timer"
    exit 0
fi

[ -d "$state" ] || mkdir -m 700 "$state"
mkdir -p "$state/repository"
cd "$state/repository"
[ -d .git ] || git init --quiet
# A power cut leaves locks, which nobody holds now: this is the only run. What git writes is on the card before it is used.
find .git -name '*.lock' -delete
git config core.fsync all
git -c http.lowSpeedLimit=1000 -c http.lowSpeedTime=60 fetch --quiet --no-tags "$repository" "$version" ||
    fail "$repository $version cannot be read; see the lines above, and whether this device reaches it: git ls-remote $repository"
set -- -c gpg.ssh.allowedSignersFile="$folder/allowed_signers" -c gpg.ssh.revocationFile="$folder/revoked_keys"
said=$(git "$@" verify-commit FETCH_HEAD 2>&1) ||
    fail "the newest commit of $repository $version has no signature of a key that is in force (${said:-it is not signed}); nothing of it was used. Sign it: git commit --amend -S --no-edit"
who=$(git "$@" log -1 --format=%GS FETCH_HEAD)
[ "$who" = "$signer" ] ||
    fail "the newest commit of $repository $version is signed by $who, not by $signer; nothing of it was used"
if git rev-parse --quiet --verify HEAD >/dev/null && ! git merge-base --is-ancestor HEAD FETCH_HEAD; then
    fail "the newest commit of $repository $version does not follow the one that is used here, so somebody may show an old one; nothing of it was used. Where you have rewritten the branch yourself: rm -r $state/repository"
fi
git reset --quiet --hard FETCH_HEAD
git clean --quiet -ffdx
echo "commit $(git log -1 --format=%h), signed by $who: $(git log -1 --format=%s | tr -d '\000-\037')"
# The host itself, and nobody else: no ssh, no other user.
status=0
ansible-playbook --inventory "$inventory" --limit "$host" --connection local \
    --extra-vars '{"ansible_connection": "local", "ansible_become": false, "ansible_python_interpreter": "/usr/bin/python3"}' \
    "$playbook" || status=$?
if [ ! -e "$folder/settings" ]; then # it has just removed pull mode, and could not remove the files that it was reading
    cd /
    rm -rf "$state"
fi
exit "$status"
