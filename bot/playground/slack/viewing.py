"""What the app may show in a view: checked, and with ids filled in."""

from collections.abc import Mapping
from typing import Any

from bot.playground.slack.blocks import check_view, is_too_large
from bot.playground.slack.errors import SlackError, wrong
from bot.playground.slack.ids import Ids
from bot.playground.slack.posting import with_ids


def read_view(view: Any, kind: str, ids: Ids) -> Mapping[str, Any]:
    """`kind` is `modal` or `home`; raises SlackError for what Slack would not take."""
    if problems := check_view(view, kind=kind):
        raise wrong("invalid_arguments", problems)
    if is_too_large(view):
        raise SlackError("view_too_large")
    return {**view, "blocks": list(with_ids(view["blocks"], ids))}
