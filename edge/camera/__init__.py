"""The source of frames. A process of its own reads the source, so that it can be killed (`edge.camera.child`)."""
