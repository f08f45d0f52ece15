"""The fault matrix: what happens to records when anything on their way fails, counted by (device, boot, seq)."""
