"""`python -m edge` is the command `emotion-edge`."""

from edge.cli import main as _commands


def main() -> None:
    """Run the command line."""
    _commands(prog_name="emotion-edge")


if __name__ == "__main__":
    main()
