"""The socket between the process that sees and the process that talks."""
