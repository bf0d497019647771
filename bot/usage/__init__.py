"""Where images are in use: one source a file, and the snapshot that joins them."""
