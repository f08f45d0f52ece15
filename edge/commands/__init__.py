"""The commands of `emotion-edge`, one file for each; `edge.cli` loads the one that is called."""
