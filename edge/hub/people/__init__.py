"""Who may use the hub: accounts, sessions, and the audit log."""
