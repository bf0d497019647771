"""`ecr-clean cost`, which shows what storage costs."""

from collections.abc import Sequence

import click

from bot.cli.cost_estimate import print_estimate
from bot.cli.options import common_options, format_option


@click.command()
@click.option(
    "--estimate", is_flag=True, help="Calculate with the numbers given here, without AWS."
)
@click.option("--image-size", metavar="500MB", help="Size of an image as ECR stores it.")
@click.option("--new-share", metavar="20%", help="Part of an image that no earlier image has.")
@click.option("--builds-per-day", metavar="30", help="Images that are pushed each day.")
@click.option("--keep", multiple=True, metavar="15", help="Images to keep.  [default: 15]")
@click.option("--months", metavar="12", help="Months to calculate.  [default: 12]")
@format_option("month")
@common_options
def cost(*, estimate: bool, keep: Sequence[str], format_: str, **given: str | None) -> None:
    """Show what storage costs, with and without cleanup.

    The estimate needs no AWS credentials and no settings. It uses the default price of $0.10 per GB
    a month.
    """
    if not estimate:
        raise click.UsageError("--estimate is required")
    inputs = {name: text for name, text in given.items() if text is not None}
    print_estimate(inputs, keep, format_)
