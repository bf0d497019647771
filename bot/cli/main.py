"""The entry point of the command. Turns every error into a sentence and an exit status."""

import logging
import os
import pkgutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn, cast

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand

from bot import __version__
from bot.cli.exit_status import INTERRUPTED, ExitStatus, print_error, status_of
from bot.cli.options import CommonOptions, common_options
from bot.cli.terminal import note, note_lines
from bot.core.errors import RequestError, ServiceError
from bot.sanitize import quoted


class _Command(NamedTuple):
    """`path`: the command's function; `summary`: the first sentence of its help, which is here so
    that `--help` imports no command."""

    path: str
    summary: str


COMMANDS_BY_GROUP: Mapping[str, Mapping[str, _Command]] = {
    "Plans": {
        "plan": _Command(
            "bot.cli.planning:plan", "Show what would be deleted, and the real saving."
        ),
        "why": _Command("bot.cli.planning:why", "Show why an image is kept or deleted."),
        "propose": _Command(
            "bot.cli.reports:propose", "Plan deletions and store the plans for approval."
        ),
        "plans": _Command("bot.cli.plans:plans", "List all stored plans, newest first."),
        "show": _Command("bot.cli.plans:show", "Show a stored plan, its approvals and its result."),
    },
    "Decisions": {
        "approve": _Command("bot.cli.decisions:approve", "Approve a stored plan."),
        "dismiss": _Command(
            "bot.cli.decisions:dismiss", "Dismiss a proposed plan without deleting anything."
        ),
        "stop": _Command(
            "bot.cli.decisions:stop", "Stop an approved plan, before or during its deletion."
        ),
        "confirm-usage": _Command(
            "bot.cli.decisions:confirm_usage", "Confirm an expected drop in a source's workloads."
        ),
        "pause": _Command(
            "bot.cli.decisions:pause", "Start no deletion anywhere, until `ecr-clean resume`."
        ),
        "resume": _Command("bot.cli.decisions:resume", "End a pause."),
        "audit": _Command("bot.cli.audit:audit", "List what users and the bot did, oldest first."),
    },
    "Costs": {
        "cost": _Command("bot.cli.cost:cost", "Show what storage costs, with and without cleanup."),
    },
    "Pins": {
        "pin": _Command("bot.cli.pins:pin", "Pin images by tag, digest or pattern to keep them."),
        "unpin": _Command("bot.cli.pins:unpin", "Remove pins."),
        "pins": _Command("bot.cli.pins:pins", "List pins of all or some repositories."),
    },
    "The bot": {
        "serve": _Command(
            "bot.cli.serve:serve", "Run the bot: Slack, scheduled reports, deletions."
        ),
        "report": _Command("bot.cli.reports:report", "Post reports in Slack now."),
        "recover": _Command(
            "bot.cli.runs:recover", "Finish interrupted runs, and run plans that are due."
        ),
        "health": _Command(
            "bot.cli.health:health", "Check that `ecr-clean serve` is alive on this machine."
        ),
    },
    "Set-up": {
        "init": _Command("bot.cli.init:init", "Propose a settings file for the AWS account."),
        "demo": _Command(
            "bot.cli.demo:demo", "Run the bot in a simulated Slack workspace in the browser."
        ),
        "doctor": _Command(
            "bot.cli.doctor:doctor", "Check settings, permissions, usage sources and Slack."
        ),
        "iam-policy": _Command(
            "bot.cli.doctor:iam_policy", "Print the least-privilege IAM policy or ClusterRole."
        ),
    },
}
COMMANDS = {name: each for group in COMMANDS_BY_GROUP.values() for name, each in group.items()}


class _CommandGroup(click.Group):
    """Imports the module of a command when the command is called, so that every command starts
    fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        command = COMMANDS.get(cmd_name)
        return command and cast("click.Command", pkgutil.resolve_name(command.path))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for group, commands in COMMANDS_BY_GROUP.items():
            with formatter.section(group):
                formatter.write_dl([(name, each.summary) for name, each in commands.items()])

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
    from bot.settings.environment import (  # noqa: PLC0415 - --help and --version do without
        replace_old_names,
        strip_secrets,
    )

    for warning in replace_old_names(os.environ):
        note(warning)
    strip_secrets(os.environ)


def main(arguments: list[str] | None = None) -> NoReturn:
    logging.getLogger().addHandler(logging.NullHandler())  # the command prints warnings itself
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
