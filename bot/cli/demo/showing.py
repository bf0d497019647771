"""The company's workspace, for whoever wants to look around."""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import click

from bot.cli.demo.at_work import company_at_work
from bot.cli.demo.company import Company
from bot.cli.demo.reports import report_on
from bot.cli.demo.running import Serving

UNDO_WINDOW = timedelta(seconds=20)
"""So that a visitor sees the deletion."""

FIRST = "shop/api"
SECONDS_TO_REPORT = 120.0

Json = dict[str, Any]


def show_company(port: int, *, stay: bool) -> None:
    """Posts this week's reports and prints the first; `stay`: until Ctrl-C."""
    from bot.playground.plain_text import Reader  # noqa: PLC0415 - no other command needs it

    began = time.monotonic()
    with company_at_work(port, UNDO_WINDOW) as (company, bot):
        workspace = company.workspace
        click.echo(f"The workspace is open: {workspace.url}/")
        _ask_for_reports(company)
        reports = _reports(company, bot)
        reader = Reader(workspace.remote.ask("/workspace"))
        _print_first(reader, reports, reader.name(company.homes[FIRST]))
        _print_others(reader, reports)
        click.echo(f"\nAll of that took {time.monotonic() - began:.0f} seconds.")
        if stay:
            _stay(bot, workspace.url)


def _ask_for_reports(company: Company) -> None:
    for repository in sorted(company.homes, key=lambda name: name != FIRST):
        company.cast.mia.types(f"/ecr-clean {repository}", company.homes[repository])


def _reports(company: Company, bot: Serving) -> Mapping[str, Json]:
    """By repository, once all are there."""
    found: dict[str, Json] = {}

    def are_there() -> bool:
        for repository, channel in company.homes.items():
            if report := report_on(repository, company.cast.mia, channel):
                found[repository] = report
        return found.keys() == company.homes.keys()

    bot.wait_until(are_there, SECONDS_TO_REPORT, "Not all reports were there")
    return found


def _print_first(reader: Any, reports: Mapping[str, Json], channel: str) -> None:
    click.echo(f"\n─── {channel} ───")
    click.echo("\n".join(reader.lines(reports[FIRST])))


def _print_others(reader: Any, reports: Mapping[str, Json]) -> None:
    click.echo("\n─── and in one line each ───\n")
    for repository, report in reports.items():
        if repository != FIRST:
            click.echo(f"• {reader.line(report['text'])}")


def _stay(bot: Serving, url: str) -> None:
    click.echo(
        f"\nOpen {url}/ in a browser, and act as anybody: pin what you need, approve as Mia or "
        f"Ravi,\nand stop it within {UNDO_WINDOW.seconds} seconds, or watch it go. Ctrl-C ends "
        "it all."
    )
    with suppress(KeyboardInterrupt):
        while True:
            bot.expect_alive()
            time.sleep(0.5)
    click.echo("\nThe demo is over; nothing of it is left on this machine.")
