"""Messages in place of a digest that is not planned yet, is empty, or has a newer one."""

from bot.render.quantities import count
from bot.slack.api import MessageContent
from bot.slack.messages.block_kit import context, message
from bot.slack.messages.common_texts import progress_bar
from bot.slack.mrkdwn import code, escape, mention

MOST_IN_ENTRY = 100


def requested_digest_message(entry: str, by: str) -> MessageContent:
    """`entry`: the name of the entry of `reports`; `by`: the requester's Slack ID."""
    line = f"Listing the repositories of {code(entry, MOST_IN_ENTRY)} for {mention(by)} …"
    return message(line, context(f":hourglass_flowing_sand: {line}"))


def digest_in_progress_message(entry: str, link: str) -> MessageContent:
    """`link`: to the message that shows the progress."""
    line = f"A digest of {code(entry, MOST_IN_ENTRY)} is <{escape(link)}|already being made>."
    return message(line, context(line))


def empty_digest_message(entry: str) -> MessageContent:
    """No repository belongs to the entry."""
    line = f"No repository matches {code(entry, MOST_IN_ENTRY)} in `reports`."
    return message(line, context(line))


def older_digest_message(link: str) -> MessageContent:
    """`link`: to the newer digest."""
    line = f"A <{escape(link)}|newer digest> is below."
    return message(line, context(line))


def planning_digest_message(done: int, total: int) -> MessageContent:
    """`done`: of the `total` repositories."""
    line = f"{done:,} of {count(total, 'repository', 'repositories')} scanned"
    return message(
        f"ECR cleanup: {line} …",
        context(f":hourglass_flowing_sand: {line}  {progress_bar(done, total)}"),
    )
