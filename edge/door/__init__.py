"""The door: one Unix socket from the process that sees to the process that talks.

SOCK_SEQPACKET keeps message boundaries, so a message is one packet of at most 2 KiB: a record or a heartbeat as JSON
of the closed schemas in `edge.contract.records`. Each accepted record is answered with its `(boot, seq)` once the
broker has it or the other side has it on disk; until then the sender keeps it. There are two other answers: a
`PauseOrder` (look away, or I do not mind), and `TakenOver` to a sender that ends and has closed its half. Whatever is
larger, faster, older or of another shape is dropped and counted, on both sides.
"""
