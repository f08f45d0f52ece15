"""`python -m edge` is the command `emotion-edge`."""

from edge.cli import main

if __name__ == "__main__":
    main(prog_name="emotion-edge")
