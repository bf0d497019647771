"""The bot on the account behind the usual credentials: it reports, and can delete nothing."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.aws.ecr import EcrRegistry
from bot.aws.eks import Eks
from bot.aws.places import AccountAccess, open_places
from bot.cli.demo.household import expect_no_proxy, only_this_machines_aws, open_household
from bot.cli.demo.only_reads import only_reads
from bot.cli.demo.own_settings import own_settings
from bot.cli.demo.reports import Newspaper
from bot.cli.demo.running import serving
from bot.cli.demo.showing import stay_until_interrupted
from bot.cli.demo.workspace import open_workspace
from bot.cli.terminal import say_lines
from bot.core.errors import RequestError, ServiceError
from bot.settings import Settings, load_settings
from bot.usecases.inventory import reads_count_as_pulls
from bot.wiring import identify, open_registries

if TYPE_CHECKING:
    from bot.playground.slack import Workspace

CHANNEL = "registry"

INVITATION = """\

Open {url}/ in a browser.
Every report shows which images would go, which stay, and why. Here nothing can be deleted. Ctrl-C
ends the demo."""

NOTE = """\
To tell what a deletion saves, the bot reads every manifest once, and ECR counts that as a pull: it
moves the pull times of these images to now. The bot knows its own reads, from a cache on this
machine that outlasts the demo, and never takes them for use. Others do, a lifecycle policy that
counts days since the last pull among them. To leave pull times alone, exempt yourself first:

  aws ecr register-pull-time-update-exclusion --principal-arn {who}

or use credentials that may not call ecr:BatchGetImage: then savings are estimates, and where there
are multi-arch images a report says what could not be read instead.
"""


def show_own_account(config: Path | None, port: int, *, stay: bool) -> None:
    """Posts a report on every repository and prints them; `stay`: until Ctrl-C. `config`: a
    settings file of the account, which may say where else to look.

    No client can delete, in this process and in those of the bot; and no plan can be approved."""
    expect_no_proxy()
    with only_reads():
        settings = load_settings(config)
        registries = open_registries(settings)
        _expect_repositories(registries)
        text = own_settings(config, f"#{CHANNEL}", _unlisted_clusters(settings, registries))
        _tell_of_pull_times(settings, registries)
        with open_workspace(port) as workspace:
            _show(workspace, text, stay=stay)


def _show(workspace: "Workspace", settings: str, *, stay: bool) -> None:
    from bot.playground.plain_text import Reader  # noqa: PLC0415 - no other command needs it

    remote = workspace.remote
    remote.change_settings(limits=False)
    you = remote.add_person("you", real_name="You", is_admin=True)
    remote.add_channel(CHANNEL, [you])
    environment = {**only_this_machines_aws(), **workspace.environment()}
    with open_household(environment, settings) as household, serving(household) as bot:
        bot.wait_until_heard(remote)
        say_lines(f"The workspace is open: {workspace.url}/\n")
        newspaper = Newspaper(you, Reader(remote.ask("/workspace")))
        newspaper.print_lines(household)
        newspaper.print_whole(lambda report: report.usd)
        newspaper.print_sum()
        if stay:
            stay_until_interrupted(bot, INVITATION.format(url=workspace.url))


def _expect_repositories(registries: Sequence[EcrRegistry]) -> None:
    """Raises RequestError if there is none, ServiceError if nobody can tell."""
    if not any(True for registry in registries for _ in registry.repositories()):
        places = ", ".join(str(registry.id()) for registry in registries)
        raise RequestError(
            f"There is no repository in {places}: name another Region with AWS_REGION, or "
            "`registries` in a settings file"
        )


def _unlisted_clusters(settings: Settings, registries: Sequence[EcrRegistry]) -> list[str]:
    """ARNs of all clusters of EKS beside the registries, unless the settings speak of clusters.
    What cannot be asked here the bot cannot ask either, and its reports say so."""
    section = settings.usage.kubernetes
    if section is None or section.clusters or section.ignore:
        return []
    found: set[str] = set()
    for registry in registries:
        with suppress(ServiceError):
            access = AccountAccess(registry.session, registry.account, (registry.region,))
            found |= {arn for place in open_places(access) for arn in Eks(place).clusters()}
    return sorted(found)


def _tell_of_pull_times(settings: Settings, registries: Sequence[EcrRegistry]) -> None:
    """In a terminal it may be left at that."""
    if not any(map(reads_count_as_pulls, registries)):
        return
    who = identify(settings).principal or "ARN-OF-YOUR-ROLE"
    say_lines(NOTE.format(who=who))
    if sys.stdin.isatty() and sys.stdout.isatty():
        click.confirm("Read them now?", default=True, abort=True)
