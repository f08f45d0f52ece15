"""What needs a person: found by rules, told by Apprise. See docs/design/hub.md."""
