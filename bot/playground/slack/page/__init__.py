"""The workspace's web page: HTML from the server, and a small script.

The script sends user actions to the control API, and updates the page with newly rendered HTML.
"""

from bot.playground.slack.page.routes import page_routes

__all__ = ["page_routes"]
