"""Options that may stand before or after the subcommand."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(slots=True)
class Options:
    config: Path | None = None
    debug: bool = False


def common_options(command: Command) -> Command:
    """The one that stands last wins."""
    for option in (
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            expose_value=False,
            callback=_remember,
            help="The settings file.  [default: $ECR_CLEAN_CONFIG, or ecr-clean.yml if it is here]",
        ),
        click.option(
            "--debug",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Show tracebacks.",
        ),
    ):
        command = option(command)
    return command


def format_option(row: str) -> Callable[[Command], Command]:
    """`row`: what a line of CSV tells of."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
        help=f"JSON is one object a line; CSV one {row} a line.",
    )


def repositories_argument(*, required: bool) -> Callable[[Command], Command]:
    return click.argument("repositories", nargs=-1, required=required, metavar="REPOSITORY…")


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value:
        setattr(ctx.ensure_object(Options), str(param.name), value)
