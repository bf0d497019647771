"""The settings file, checked, as values that the core decides by."""
