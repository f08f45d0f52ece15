"""The state of a whole fleet at a glance: `emotion-edge report`."""
