"""What all repositories come to."""

from collections.abc import Iterator

from bot.core.estate import Estate
from bot.core.savings import usd_per_month
from bot.render.words import count, money, size
from bot.slack.ids import COMMAND


def totals(estate: Estate, saved_bytes: int, usd_per_gb_month: float) -> Iterator[str]:
    """`saved_bytes`: what all runs of the bot have freed so far. USD a GB a month."""
    if not estate.repositories:
        yield f"No repository was looked at yet: `{COMMAND} REPOSITORY` begins with one."
    else:
        yield f"*Cost now:* {cost(estate.stored_bytes, usd_per_gb_month)}{_of_how_many(estate)}"
        yield f"*Could be saved:* {cost(estate.could_free_bytes, usd_per_gb_month)}"
    yield f"*Saved so far:* {cost(saved_bytes, usd_per_gb_month)}"


def cost(number_of_bytes: int, usd_per_gb_month: float) -> str:
    usd = usd_per_month(number_of_bytes, usd_per_gb_month)
    return f"{money(usd)} a month ({size(number_of_bytes)})"


def _of_how_many(estate: Estate) -> str:
    known = estate.repositories - estate.unknown
    if not estate.unknown:
        return f", in {count(known, 'repository', 'repositories')}"
    all_of_them = count(estate.repositories, "repository", "repositories")
    return f", in {known:,} of {all_of_them}; of the rest nobody knows yet"
