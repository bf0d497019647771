"""Reads and validates the settings file and the environment."""
