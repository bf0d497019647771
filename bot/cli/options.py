"""Options and arguments that several commands share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

import click

from bot.core.text_formatting import LAST_YEAR, end_of_day, parse_duration, parse_end
from bot.process import system_clock

Command = TypeVar("Command", bound=Callable[..., Any])

_LAST = end_of_day(date(LAST_YEAR, 12, 31))


@dataclass(slots=True)
class CommonOptions:
    config: Path | None = None
    debug: bool = False


def common_options(command: Command) -> Command:
    """Adds `--config` and `--debug`. If an option is given twice, the last one wins."""
    for option in (
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            expose_value=False,
            callback=_remember,
            help="Settings file.  [default: $ECR_CLEAN_CONFIG, or the settings in "
            "$ECR_CLEAN_SETTINGS, or ecr-clean.yml if it exists]",
        ),
        debug_option,
    ):
        command = option(command)
    return command


def debug_option(command: Command) -> Command:
    """Adds `--debug`."""
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Print tracebacks of errors.",
    )(command)


def format_option(row: str) -> Callable[[Command], Command]:
    """Adds `--format`. `row`: what a line of CSV describes."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
        help=f"Output format. JSON has one object on each line, CSV one {row}.",
    )


def repositories_argument(*, required: bool) -> Callable[[Command], Command]:
    metavar = "REPOSITORY…" if required else "[REPOSITORY…]"
    return click.argument("repositories", nargs=-1, required=required, metavar=metavar)


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value:
        setattr(ctx.ensure_object(CommonOptions), str(param.name), value)


@dataclass(frozen=True)
class TimeParameter(click.ParamType[datetime]):
    """A duration, a date or a time. `parse` reads durations and dates. It raises ValueError or
    OverflowError for other texts."""

    name = "moment"
    parse: Callable[[str, datetime], datetime]

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        for parse in (self.parse, _parse_time):
            try:
                found = parse(value, system_clock())
            except (ValueError, OverflowError):
                continue
            if found > _LAST:
                raise click.BadParameter(f"{value!r} is after the year {LAST_YEAR}", ctx, param)
            return found
        raise click.BadParameter(
            f"{value!r} is not a time: use a duration (30d), a date (2026-12-31) or a time "
            "(2026-12-31T18:00, UTC if no zone is given)",
            ctx,
            param,
        )


def _parse_time(text: str, _now: datetime) -> datetime:
    """Raises ValueError and OverflowError."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _parse_start(text: str, now: datetime) -> datetime:
    """`now` minus a duration, or the start of a date in UTC. Raises ValueError for other texts,
    and OverflowError for a time before the year 1."""
    try:
        return now - parse_duration(text)
    except ValueError:
        return datetime.combine(date.fromisoformat(text), time(), UTC)


UNTIL = TimeParameter(parse_end)
SINCE = TimeParameter(_parse_start)
