"""`make soak`: one device for hours, through faults, and whether anything of it grows."""
