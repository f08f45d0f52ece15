"""Finding faces, following them for a few frames, classifying them."""
