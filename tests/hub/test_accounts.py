"""Accounts and tokens: by the command line, in the database, and in the audit log."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from edge.cli import main
from edge.contract.reading import Place
from edge.hub.backup import backup, restore
from edge.hub.people.audit import Audit
from edge.hub.people.roles import Scope
from edge.hub.settings import Http
from edge.hub.store.account_tables import accounts, audit, sessions, tokens
from tests.conftest import free_port
from tests.hub.people import PASSWORD, School, session
from tests.hub.running import around_now, health_of, write_hub_config


def hub(config: Path, *words: str, said: str = "") -> Result:
    """Run a command in this process: a fresh one takes a second to start, and test_lan.py has some."""
    verb, action, *rest = words
    return CliRunner().invoke(main, ["hub", verb, action, "--config", str(config), *rest], input=said)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_hub_config(tmp_path, free_port())


def test_accounts_are_added_listed_changed_and_removed(config: Path, tmp_path: Path) -> None:
    """Before the hub was ever started, too."""
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    teacher = ("--role", "teacher", "--rooms", "pi-2,pi-1", "--site", "north")
    assert hub(config, "accounts", "add", *teacher, "Anna", said=f"{PASSWORD}\n").exit_code == 0
    admin = ("--role", "admin", "--password-file", str(secret))
    assert hub(config, "accounts", "add", *admin, "ada").exit_code == 0
    assert hub(config, "accounts", "list").stdout == "ada\tadmin\t-\t-\nanna\tteacher\tnorth\tpi-1,pi-2\n"
    again = hub(config, "accounts", "add", *admin, "ADA")
    assert (again.exit_code, "is there already" in again.stderr) == (66, True)
    assert hub(config, "accounts", "password", "anna", said="another correct horse\n").exit_code == 0
    assert hub(config, "accounts", "remove", "anna").exit_code == 0
    gone = hub(config, "accounts", "remove", "anna")
    assert (gone.exit_code, "anna: is not there" in gone.stderr) == (66, True)
    last = hub(config, "accounts", "remove", "ada")
    assert "everyone on this machine may read" in last.stderr


def test_a_token_is_shown_once(config: Path, tmp_path: Path) -> None:
    token = hub(config, "tokens", "add", "--site", "north", "hall").stdout.strip()
    assert re.fullmatch(r"eet_[\w-]{43}", token)
    assert token not in hub(config, "tokens", "list").stdout
    assert token.encode() not in b"".join(file.read_bytes() for file in (tmp_path / "hub").iterdir())
    assert hub(config, "tokens", "remove", "hall").exit_code == 0
    assert hub(config, "tokens", "list").stdout == ""


@pytest.mark.parametrize(
    ("words", "said", "message"),
    [
        (("--role", "admin", "ada"), "short\n", "12 are the least"),
        (("--role", "admin", "ada"), "x" * 129 + "\n", "128 are the most"),
        (("--role", "admin", "ada"), "aaaaaaaaaaaaab\n", "different characters"),
        (("--role", "admin", "ada"), "Ada-is-my-name-7\n", "contains the name"),
        (("--role", "admin", "ada"), "", "is empty on standard input"),
        (("--role", "admin", "a b"), f"{PASSWORD}\n", "other characters than letters"),
        (("--role", "teacher", "anna"), f"{PASSWORD}\n", "--rooms"),
        (("--role", "head", "hanna"), f"{PASSWORD}\n", "--site"),
        (("--role", "teacher", "--rooms", "a/b", "anna"), f"{PASSWORD}\n", "is no id of a device"),
        (("--role", "teacher", "--rooms", "pi-9", "anna"), f"{PASSWORD}\n", "name it: --site SITE"),
    ],
)
def test_what_cannot_be_an_account_is_named(config: Path, words: tuple[str, ...], said: str, message: str) -> None:
    done = hub(config, "accounts", "add", *words, said=said)
    assert done.exit_code in {2, 66}
    assert message in done.stderr
    assert PASSWORD not in done.stderr
    assert hub(config, "accounts", "list").stdout == ""


def test_secrets_are_stored_as_hashes_alone(school: School) -> None:
    school.admit_everyone()
    client = school.logged_in("ada")
    with school.database.engine.connect() as connection:
        stored = {row.password for row in connection.execute(select(accounts))}
        kept = {row.secret for table in (sessions, tokens) for row in connection.execute(select(table))}
    assert all(each.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for each in stored)
    assert len(stored) == 6
    given = {*school.tokens.values(), *client.cookies.values()}
    assert given
    assert not given & kept


def test_without_an_account_this_machine_reads_and_changes_nothing(school: School) -> None:
    client = school.client()
    assert session(client).json() | {"site": ""} == {
        "name": "",
        "role": "local",
        "site": "",
        "rooms": [],
        "csrf": None,
        "plain_http": False,
        "pauses": False,
    }
    answer = client.post("/api/v1/devices/pi-1/pause", json={"paused": True})
    assert (answer.status_code, "hub accounts add" in answer.text) == (403, True)
    assert client.get("/api/v1/audit", params=around_now()).status_code == 403
    school.admit_everyone()
    assert client.get("/api/v1/rooms").status_code == 401


def test_other_machines_read_nothing_when_the_last_account_is_gone(school: School) -> None:
    school.access.http = Http(address="0.0.0.0", plain_http=True)
    client = school.client()
    assert client.get("/api/v1/rooms").status_code == 401
    assert session(client).status_code == 401


def test_the_audit_log_is_bounded(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    school.admit_everyone()
    monkeypatch.setattr("edge.hub.people.audit._MOST_ROWS", 3)
    log = Audit(school.database)
    log.prune(0)
    assert len(log.entries(None, 0, 2**33, 100)) == 3
    with school.database.engine.begin() as connection:
        connection.execute(update(audit).values(time=1_000_000_000))
    log.prune(86_400)
    assert log.entries(None, 0, 2**33, 100) == []


def test_a_restored_backup_brings_no_session_back(school: School, tmp_path: Path) -> None:
    school.admit_everyone()
    client = school.logged_in("anna")
    copy = tmp_path / "copy.sqlite"
    backup(school.database, copy)
    client.delete("/api/v1/session")
    school.database.engine.dispose()
    restore(school.database, copy)
    assert session(client).status_code == 401
    assert session(school.logged_in("anna")).status_code == 200


def test_two_sites_may_give_two_devices_one_name(school: School) -> None:
    """A teacher of the one does not read the other."""
    school.admit_everyone()
    other = Scope(devices=frozenset([Place("south", "pi-1")]))
    assert not other.sees_device("north", "pi-1")
    assert not other.sees(Place("north", "pi-1"), health_of("pi-1"))
