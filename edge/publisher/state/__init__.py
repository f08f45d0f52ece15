"""What a publisher keeps in its state directory about its own runs."""
