"""`emotion-edge watch`: what the devices of a broker publish, in a terminal and in files; no device needs it."""
