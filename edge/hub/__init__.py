"""The hub: keeps what devices publish, and shows it. See docs/design/hub.md."""
