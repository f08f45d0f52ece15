"""The set-up page of a machine that is device, broker and hub in one, before any of them is configured."""
