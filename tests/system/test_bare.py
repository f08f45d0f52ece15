"""`make test` on a machine that has what every image of Debian has, and nothing else.

The newer release and the unit and integration tests by default: CI runs all tests on the older one already.
EMOTION_EDGE_BARE=bookworm,trixie runs all of them on both.
"""

import os
from collections.abc import Iterator

import pytest

from tests.conftest import DATA
from tests.system.machine import Machine, package_index, tree
from tests.system.repository import publish

pytestmark = pytest.mark.timeout(3600)
CHOSEN = os.environ.get("EMOTION_EDGE_BARE", "")
LEFT_OUT = ["faults", "views", "system", *([] if CHOSEN else ["attacks", "hub"])]
"""What runs for minutes and meets the same code here, what installs browsers, and what boots machines.

By default also the attacks and the hub, which CI runs on Debian 12.
"""


@pytest.fixture(scope="module", params=(CHOSEN or "trixie").split(","))
def bare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with a network and a user; the repository lies where it can be cloned."""
    root = tree(request.param, "bare")
    folder = tmp_path_factory.mktemp("bare")
    configuration, binds = package_index()
    binds |= {"/mnt/repository": publish(folder / "repository")}
    binds |= {"/mnt/data": DATA} if DATA.is_dir() else {}
    with Machine(root, folder / request.param, binds, shared_network=True) as machine:
        machine.add_user("pi")
        machine.write("/etc/pip.conf", configuration)
        machine.write("/etc/gitconfig", "[safe]\n\tdirectory = *\n")  # the repository belongs to another user
        yield machine


def test_make_test_is_green(bare: Machine) -> None:
    suites = " ".join(f"--ignore tests/{name}" for name in LEFT_OUT)
    script = f"""
        sudo apt-get update -qq
        sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends git make >/dev/null
        git clone --quiet file:///mnt/repository emotion-edge
        cd emotion-edge
        make test ARGS="{suites} -p no:cacheprovider --no-cov --durations=15"
    """
    words = ("env", "EMOTION_EDGE_DATA=/mnt/data")
    done = bare.run("runuser", "-u", "pi", "--", *words, "sh", "-euc", f"cd; {script}", check=False, seconds=3300)
    print(done.stdout[-20000:], done.stderr[-5000:])
    assert done.returncode == 0
