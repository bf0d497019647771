"""Finds the images that are in use: one module for each usage source, and the scan of all
sources."""
