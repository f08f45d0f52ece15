"""Everything that talks to the broker; sees no camera, no OpenCV, no TFLite."""
