"""What people look at: the dashboard, a terminal, Home Assistant, stores, flows; each in the real program."""
