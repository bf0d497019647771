"""The keep rules of the settings. Each selects images to keep."""
