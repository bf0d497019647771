"""Windows on the page of a workspace."""

from tests.browser import chromium, look, open_window

__all__ = ["chromium", "look", "open_window"]
