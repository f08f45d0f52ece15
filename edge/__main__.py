"""`python -m edge` is the command `emotion-edge`."""

from edge.cli import main as _commands
from edge.system.privileges import forbid_core_dumps


def main() -> None:
    """Run the command line."""
    forbid_core_dumps()  # frames, passwords and keys: whatever the verb, none is left on the disk by a crash
    _commands(prog_name="emotion-edge")


if __name__ == "__main__":
    main()
