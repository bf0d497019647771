"""Links to messages."""


def message_link(workspace_url: str, channel: str, ts: str) -> str:
    """`workspace_url` as auth.test tells it, with a slash at its end. As chat.getPermalink makes
    them: docs.slack.dev, reference/methods/chat.getPermalink."""
    return f"{workspace_url}archives/{channel}/p{ts.replace('.', '')}"
