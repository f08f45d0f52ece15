"""The hub's logins at the broker: what devices publish, and orders to pause them."""
