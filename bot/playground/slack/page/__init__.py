"""The workspace's web page: rendered here, brought up to date by a little script.

The script sends what people do to the control under `/_control`, and puts what is rendered anew in
the place of what it shows.
"""

from bot.playground.slack.page.routes import page_routes

__all__ = ["page_routes"]
