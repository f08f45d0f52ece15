"""What needs a person: found by rules, sent by Apprise. See docs/design/hub.md."""
