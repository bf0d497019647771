"""Builds clients and use cases from the settings. Imports every package except the playground."""
