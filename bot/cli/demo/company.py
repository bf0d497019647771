"""A made-up company: its AWS, its cluster and its workspace, all of them on this machine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cli.demo.workspace import open_workspace
from bot.wiring import cluster_role, system_clock

if TYPE_CHECKING:
    from bot.playground.seed_people import Cast
    from bot.playground.slack import Workspace

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
    from bot.settings import Settings  # noqa: PLC0415

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
