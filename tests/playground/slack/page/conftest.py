"""Browser fixtures for the workspace's page."""

from tests.browser import chromium, look, open_window

__all__ = ["chromium", "look", "open_window"]
