"""The entry point of the command. Turns every error into a sentence and an exit status."""

import logging
import os
import pkgutil
import sys
from pathlib import Path
from typing import NoReturn, cast

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand

from bot import __version__
from bot.cli.exit_status import INTERRUPTED, ExitStatus, print_error, status_of
from bot.cli.options import CommonOptions, common_options
from bot.cli.terminal import note, note_lines
from bot.core.errors import RequestError, ServiceError
from bot.sanitize import quoted
from bot.settings.environment import replace_old_names, strip_secrets

COMMANDS = {
    "approve": "bot.cli.decisions:approve",
    "audit": "bot.cli.audit:audit",
    "confirm-usage": "bot.cli.decisions:confirm_usage",
    "demo": "bot.cli.demo:demo",
    "dismiss": "bot.cli.decisions:dismiss",
    "doctor": "bot.cli.doctor:doctor",
    "health": "bot.cli.serve:health",
    "iam-policy": "bot.cli.doctor:iam_policy",
    "pin": "bot.cli.pins:pin",
    "pins": "bot.cli.pins:pins",
    "plan": "bot.cli.planning:plan",
    "plans": "bot.cli.plans:plans",
    "propose": "bot.cli.reports:propose",
    "recover": "bot.cli.runs:recover",
    "report": "bot.cli.reports:report",
    "serve": "bot.cli.serve:serve",
    "show": "bot.cli.plans:show",
    "stop": "bot.cli.decisions:stop",
    "unpin": "bot.cli.pins:unpin",
    "why": "bot.cli.planning:why",
}


class _CommandGroup(click.Group):
    """Imports the module of a command when the command is called, so that every command starts
    fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        path = COMMANDS.get(cmd_name)
        return None if path is None else cast("click.Command", pkgutil.resolve_name(path))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None


@click.group(
    cls=_CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="ecr-clean", message="%(prog)s %(version)s")
@common_options
def cli() -> None:
    """Delete unused images from AWS ECR, with approval in Slack.

    ecr-clean plans deletions from keep rules and from the images that workloads use. It deletes
    only images in a plan that was approved.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    logging.getLogger().addHandler(logging.NullHandler())  # the command prints warnings itself
    for warning in replace_old_names(os.environ):
        note(warning)
    strip_secrets(os.environ)
    options = CommonOptions(config=_configured_file())
    sys.exit(_run(arguments, options))


def _configured_file() -> Path | None:
    """The file of `ECR_CLEAN_CONFIG`. An empty variable counts as unset."""
    named = os.environ.get("ECR_CLEAN_CONFIG")
    return Path(named) if named else None


def _run(arguments: list[str] | None, options: CommonOptions) -> int:
    try:
        status = cli.main(arguments, "ecr-clean", standalone_mode=False, obj=options)
        sys.stdout.flush()
    except click.ClickException as error:
        return _refuse(error)
    except (RequestError, ServiceError) as error:
        print_error(error, debug=options.debug)
        return status_of(error)
    except (click.Abort, KeyboardInterrupt):
        note("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return ExitStatus.FAILED
    except Exception as error:  # noqa: BLE001 - an internal error is printed, not hidden
        print_error(_internal_error(error), debug=options.debug)
        return ExitStatus.FAILED
    return int(status or ExitStatus.DONE)


def _refuse(error: click.ClickException) -> ExitStatus:
    if isinstance(error, NoArgsIsHelpError):
        note_lines(error.format_message())
        return ExitStatus.REFUSED
    see = ""
    if isinstance(error, click.UsageError) and error.ctx:
        see = f" (see {error.ctx.command_path} --help)"
    note(f"{error.format_message().rstrip('.')}{see}")
    return ExitStatus.REFUSED


def _internal_error(error: Exception) -> ServiceError:
    sentence = ServiceError(
        f"Internal error ({type(error).__name__}: {quoted(error)}): run the command again with "
        "--debug, and report the traceback"
    )
    sentence.__cause__ = error
    return sentence


def _discard_output() -> None:
    """The reader of standard output is gone. Without this, Python prints an error at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
