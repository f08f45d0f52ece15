"""A check that root runs finds what the user of a service cannot read."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import Mqtt, Settings
from edge.system.readers import Reader, unreadable_secrets, why_unreadable

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as another user")


@pytest.fixture
def reader() -> Reader:
    user = pwd.getpwnam("nobody")
    return Reader("nobody", user.pw_uid, user.pw_gid, (user.pw_gid,))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody can enter, as pytest's own can not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_key_of_root_is_named_with_user_mode_and_the_way_out(folder: Path, reader: Reader) -> None:
    key, cert = folder / "device.key", folder / "device.crt"
    for file, mode in ((key, 0o600), (cert, 0o644)):
        file.write_text("-")
        file.chmod(mode)
    settings = Settings(mqtt=Mqtt(cert_file=str(cert), key_file=str(key)))
    (found,) = unreadable_secrets(settings, reader)
    assert found.key == ("mqtt", "key_file")
    assert found.problem == "user nobody cannot read it (mode 0600, owner root:root)"
    assert found.remedy == (
        f"sudo install -D -m 600 {key} /etc/credstore/emotion-edge.key, "
        'and set mqtt.key_file = "credential:emotion-edge.key"'
    )


def test_a_folder_on_the_way_is_named(folder: Path, reader: Reader) -> None:
    (folder / "private").mkdir(mode=0o700)
    file = folder / "private" / "ca.crt"
    file.write_text("-")
    file.chmod(0o644)
    assert why_unreadable(file, reader) == f"user nobody cannot enter {folder / 'private'} (mode 0700, owner root:root)"


def test_a_folder_that_the_sandbox_hides_is_named(folder: Path, reader: Reader) -> None:
    file = folder / "ca.crt"
    file.write_text("-")
    file.chmod(0o644)
    assert not why_unreadable(file, reader)
    hidden = reader._replace(hidden=(str(folder),))
    assert why_unreadable(file, hidden) == f"user nobody cannot see {folder}, which its service hides"
