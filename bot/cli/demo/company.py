"""The Slack workspace of the demo."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import bot
from bot.core.errors import RequestError

if TYPE_CHECKING:
    from bot.playground.slack import Workspace
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.bootstrap.planning import system_clock
from bot.bootstrap.sources import cluster_role

if TYPE_CHECKING:
    from bot.playground.seed_people import Cast
    from bot.playground.slack import Workspace
from bot.cli.demo.running import Serving, nothing_of_this_machines, open_household, serving

MANIFEST = Path(bot.__file__).parent.parent / "manifest.yml"
"""That of the app, as it is installed anywhere."""


@contextmanager
def open_workspace(port: int) -> Iterator["Workspace"]:
    """Raises RequestError if the port is taken."""
    from bot.playground.slack import Workspace  # noqa: PLC0415 - no other command needs it

    with ExitStack() as stack:
        try:
            workspace = stack.enter_context(Workspace(MANIFEST, port))
        except OSError as error:
            raise RequestError(
                f"Port {port} cannot be used ({error.strerror}): name another one with --port, or "
                "none, which takes a free one"
            ) from error
        yield workspace


CLUSTER = "prod"

SETTINGS = """\
registries:
  - {{region: eu-west-1, account: "{home}"}}
  - {{region: eu-west-1, account: "{branch}", role_arn: "{role}"}}
usage:
  kubernetes: {{clusters: [{{name: {cluster}, eks: {cluster}}}]}}
reports:
  - {{repositories: [shop/payments], channel: "#payments"}}
  - {{repositories: ["shop/*", "mobile/*"], channel: "#shop"}}
  - {{repositories: ["ml/*", "data/*"], channel: "#data-science"}}
  - {{channel: "#platform", min_saving: 0.1}}
approval: {{approvers: [{approvers}]}}
execution: {{undo_window: {undo_window}s}}
"""


@dataclass(frozen=True)
class Company:
    """`environment` leads the bot there."""

    aws_url: str
    workspace: "Workspace"
    cast: "Cast"
    environment: Mapping[str, str]
    settings: str


@contextmanager
def open_company(port: int, undo_window: timedelta) -> Iterator[Company]:
    """`port`: of the workspace; 0 takes a free one. Raises RequestError if it is taken."""
    from bot.playground.aws import DEFAULT_ACCOUNT, StandIn  # noqa: PLC0415
    from bot.playground.kubernetes import Cluster  # noqa: PLC0415
    from bot.playground.seed import BRANCH, seed_company  # noqa: PLC0415
    from bot.playground.seed_kubernetes import enter_eks, run_payments  # noqa: PLC0415
    from bot.playground.seed_people import seed_people  # noqa: PLC0415
    from bot.playground.seed_usage import BRANCHS_ROLE  # noqa: PLC0415
    from bot.settings.model import Settings  # noqa: PLC0415

    with StandIn() as aws, Cluster(CLUSTER) as cluster, open_workspace(port) as workspace:
        now = system_clock()
        seed_company(aws.url, now)
        run_payments(aws.url, cluster.address)
        enter_eks(aws.url, cluster.address, cluster_role(Settings()))
        cast = seed_people(workspace.remote, now)
        settings = SETTINGS.format(
            home=DEFAULT_ACCOUNT,
            branch=BRANCH,
            role=BRANCHS_ROLE,
            cluster=CLUSTER,
            approvers=cast.approvers,
            undo_window=int(undo_window.total_seconds()),
        )
        environment = {**aws.environment(), **workspace.environment()}
        yield Company(aws.url, workspace, cast, environment, settings)


@contextmanager
def company_at_work(port: int, undo_window: timedelta) -> Iterator[tuple[Company, Serving]]:
    """The bot has come into the workspace."""
    with open_company(port, undo_window) as company:
        environment = {**nothing_of_this_machines(), **company.environment}
        with open_household(environment, company.settings) as household, serving(household) as bot:
            bot.wait_until_heard(company.workspace.remote)
            yield company, bot
