"""What `emotion-edge doctor` looks at, one module for each part of a device."""
