"""Where frames come from. Every source is read in a process of its own that can be killed (`edge.camera.child`)."""
