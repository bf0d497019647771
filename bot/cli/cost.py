"""`ecr-clean cost`, which shows what storage costs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from bot.cli.cost_estimate import option_name, print_estimate
from bot.cli.exit_status import ExitStatus
from bot.cli.options import CommonOptions, common_options, format_option, repositories_argument


@click.command()
@repositories_argument(required=False)
@click.option(
    "--keep",
    multiple=True,
    metavar="RULE",
    help="Try a policy: an entry of `keep` in the settings, such as '{newest: 3}'. Repeatable: all "
    "rules together replace `keep`.",
)
@click.option(
    "--png",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also draw the picture. Needs the extra `png` (matplotlib).",
)
@click.option(
    "--estimate",
    is_flag=True,
    help="Calculate with these numbers instead, without AWS. --keep is a number of images then.  "
    "[default: 15]",
)
@click.option(
    "--image-size", metavar="500MB", help="With --estimate: size of an image as ECR stores it."
)
@click.option(
    "--new-share",
    metavar="20%",
    help="With --estimate: part of an image that no earlier image has.",
)
@click.option(
    "--builds-per-day", metavar="30", help="With --estimate: images that are pushed each day."
)
@click.option("--months", metavar="12", help="With --estimate: months to calculate.  [default: 12]")
@format_option("repository (with --estimate: month)")
@common_options
@click.pass_obj
def cost(  # noqa: PLR0913 - one for each option
    options: CommonOptions,
    /,
    *,
    repositories: Sequence[str],
    keep: Sequence[str],
    png: Path | None,
    estimate: bool,
    format_: str,
    **given: str | None,
) -> int:
    """Show what storage costs, with and without cleanup.

    Shows what is stored now, the last 12 weeks, and the next 12 months without cleanup, with
    today's policy, and with the rules of --keep. Without REPOSITORY, shows all repositories.
    Read-only: deletes nothing, stores no plan.

    With --estimate, calculates with numbers instead. That needs no AWS credentials and no settings.
    """
    inputs = {name: text for name, text in given.items() if text is not None}
    if estimate:
        _refuse_reports(repositories, png)
        print_estimate(inputs, keep, format_)
        return ExitStatus.DONE
    _refuse_inputs(inputs)
    from bot.cli.cost_reports import CostReports  # noqa: PLC0415 - the estimate needs no AWS

    reports = CostReports(options, repositories, keep, format_)
    return reports.print_and_draw(png) if png else reports.print()


def _refuse_reports(repositories: Sequence[str], png: Path | None) -> None:
    for given, name in ((repositories, "REPOSITORY"), (png, "--png")):
        if given:
            raise click.UsageError(f"--estimate takes no {name}")


def _refuse_inputs(inputs: Mapping[str, str]) -> None:
    for name in inputs:
        raise click.UsageError(f"{option_name(name)} needs --estimate")
