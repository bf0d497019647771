"""The bot, at work in the company."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from bot.cli.demo.company import Company, open_company
from bot.cli.demo.household import nothing_of_this_machines, open_household
from bot.cli.demo.running import Serving, serving


@contextmanager
def company_at_work(port: int, undo_window: timedelta) -> Iterator[tuple[Company, Serving]]:
    """The bot has come into the workspace."""
    with open_company(port, undo_window) as company:
        environment = {**nothing_of_this_machines(), **company.environment}
        with open_household(environment, company.settings) as household, serving(household) as bot:
            bot.wait_until_heard(company.workspace.remote)
            yield company, bot
