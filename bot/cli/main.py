"""Starts the command, and turns whatever goes wrong into a sentence and an exit status."""

import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from bot import __version__
from bot.cli.audit import audit
from bot.cli.decisions import approve, confirm_usage, dismiss, stop
from bot.cli.demo import demo
from bot.cli.doctor import doctor, iam_policy
from bot.cli.options import Options, common_options
from bot.cli.pins import pin, pins, unpin
from bot.cli.planning import plan, why
from bot.cli.plans import plans, show
from bot.cli.reports import propose, report
from bot.cli.runs import recover
from bot.cli.serve import health, serve
from bot.cli.status import INTERRUPTED, ExitStatus, status_of, tell
from bot.cli.terminal import note, note_lines
from bot.core.errors import RequestError, ServiceError
from bot.outgoing import quoted
from bot.settings.environment import strip_secrets


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ecr-clean", message="%(prog)s %(version)s")
@common_options
def cli() -> None:
    """Keeps AWS ECR repositories small without deleting an image that somebody needs."""


COMMANDS = (
    *(plan, propose, plans, show, approve, dismiss, stop, recover, report, serve),
    *(pin, unpin, pins, why, audit),
    *(confirm_usage, demo, doctor, health, iam_policy),
)
for command in COMMANDS:
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> NoReturn:
    logging.getLogger().addHandler(logging.NullHandler())  # libraries' warnings are told by us
    strip_secrets(os.environ)
    options = Options(config=_configured_file())
    sys.exit(_run(arguments, options))


def _configured_file() -> Path | None:
    """An empty variable counts as none."""
    named = os.environ.get("ECR_CLEAN_CONFIG")
    return Path(named) if named else None


def _run(arguments: list[str] | None, options: Options) -> int:
    try:
        status = cli.main(arguments, "ecr-clean", standalone_mode=False, obj=options)
        sys.stdout.flush()
    except click.ClickException as error:
        return _refuse(error)
    except (RequestError, ServiceError) as error:
        tell(error, debug=options.debug)
        return status_of(error)
    except (click.Abort, KeyboardInterrupt):
        note("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return ExitStatus.FAILED
    except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
        tell(_own_bug(error), debug=options.debug)
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


def _own_bug(error: Exception) -> ServiceError:
    sentence = ServiceError(
        f"A bug of ecr-clean's own ({type(error).__name__}: {quoted(error)}): run it again with "
        "--debug, and report what that shows"
    )
    sentence.__cause__ = error
    return sentence


def _forget_output() -> None:
    """Whoever read it has gone; Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
