"""A made-up company on this machine: its AWS, its cluster, its workspace, and the bot
at work in it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import bot
from bot.bootstrap.planning import system_clock
from bot.bootstrap.sources import cluster_role
from bot.core.errors import RequestError, ServiceError
from bot.settings.environment import Environment

if TYPE_CHECKING:
    from bot.playground.seed_slack import UsersAndChannels
    from bot.playground.slack import RemoteWorkspace, Workspace


PROXIES = ("http_proxy", "https_proxy", "all_proxy")
OURS = ("slack_", "database_url", "ecr_clean_", "xdg_state_home")

SECONDS_TO_START = 60.0

SECONDS_TO_STOP = 20.0

SECONDS_BETWEEN_CHECKS = 0.1

LINES_OF_LOG = 5

MANIFEST = Path(bot.__file__).parent.parent / "manifest.yml"
"""That of the app, as it is installed anywhere."""

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


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """`folder` is gone with all that is in it once the demo ends."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"


@contextmanager
def open_demo_folder(environment: Mapping[str, str], settings: str) -> Iterator[DemoFolder]:
    with tempfile.TemporaryDirectory(prefix="ecr-clean-demo-") as name:
        folder = Path(name)
        file = folder / "ecr-clean.yml"
        file.write_text(settings)
        state = {"XDG_STATE_HOME": name, "ECR_CLEAN_CONFIG": str(file)}
        yield DemoFolder(folder, {"XDG_CACHE_HOME": name, **environment, **state})


def isolated_environment() -> dict[str, str]:
    """The environment without anything that leads to an account, a workspace or a database, so
    that no call can leave the machine, and nothing of what is remembered here is read."""
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**_without(*OURS, "aws_", "xdg_cache_home", *PROXIES), **files}


def aws_environment() -> dict[str, str]:
    """The environment with all that boto3 reads in it, and with this machine's cache of manifests:
    in it stands which pulls were the bot's own, which it has to know in future, too. Nothing of
    Slack's or a database's."""
    return {**_without(*OURS), "XDG_CACHE_HOME": str(Environment().cache_folder.parent)}


def expect_no_proxy() -> None:
    """Raises RequestError: Slack's client takes the same variables for calls to this machine."""
    if found := [name for name in os.environ if name.lower() in PROXIES and os.environ[name]]:
        raise RequestError(
            f"The demo on your own account cannot go through a proxy ({', '.join(found)}): unset "
            "that, or use `ecr-clean plan`, which can"
        )


def _without(*prefixes: str) -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.lower().startswith(prefixes)
    }


@dataclass(frozen=True, slots=True)
class ServeProcess:
    """`ecr-clean serve`."""

    demo_folder: DemoFolder
    process: subprocess.Popen[bytes]

    def wait_until_connected(self, workspace: "RemoteWorkspace") -> None:
        """Until it hears what people do there. Raises ServiceError if it ends before, or that takes
        too long."""
        end = time.monotonic() + SECONDS_TO_START
        while not workspace.connections():
            self.expect_alive()
            if time.monotonic() > end:
                raise ServiceError(
                    f"The bot did not come into the workspace within {SECONDS_TO_START:.0f} "
                    f"seconds{self._last_log_lines()}"
                )
            time.sleep(SECONDS_BETWEEN_CHECKS)

    def expect_alive(self) -> None:
        status = self.process.poll()
        if status is not None:
            raise ServiceError(f"The bot ended with exit status {status}{self._last_log_lines()}")

    def _last_log_lines(self) -> str:
        said = self.demo_folder.log.read_text().splitlines()[-LINES_OF_LOG:]
        return "; it said last: " + " / ".join(said) if said else ""


@contextmanager
def serving(demo_folder: DemoFolder) -> Iterator[ServeProcess]:
    """Ended on leaving, with all of its processes."""
    with demo_folder.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            env=demo_folder.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield ServeProcess(demo_folder, process)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """It and its worker."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


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


@dataclass(frozen=True)
class DemoCompany:
    """`environment` leads the bot there."""

    aws_url: str
    workspace: "Workspace"
    users: "UsersAndChannels"
    environment: Mapping[str, str]
    settings: str


@contextmanager
def open_company(port: int, undo_window: timedelta) -> Iterator[DemoCompany]:
    """`port`: of the workspace; 0 takes a free one. Raises RequestError if it is taken."""
    from bot.playground.aws import DEFAULT_ACCOUNT, StandIn  # noqa: PLC0415
    from bot.playground.kubernetes import Cluster  # noqa: PLC0415
    from bot.playground.seed import SECOND_ACCOUNT, seed_company  # noqa: PLC0415
    from bot.playground.seed_kubernetes import register_cluster_in_eks, seed_company_cluster  # noqa: PLC0415
    from bot.playground.seed_slack import seed_users_and_channels  # noqa: PLC0415
    from bot.playground.seed_usage import SECOND_ACCOUNT_ROLE  # noqa: PLC0415
    from bot.settings.model import Settings  # noqa: PLC0415

    with StandIn() as aws, Cluster(CLUSTER) as cluster, open_workspace(port) as workspace:
        now = system_clock()
        seed_company(aws.url, now)
        seed_company_cluster(aws.url, cluster.address)
        register_cluster_in_eks(aws.url, cluster.address, cluster_role(Settings()))
        users = seed_users_and_channels(workspace.remote, now)
        settings = SETTINGS.format(
            home=DEFAULT_ACCOUNT,
            branch=SECOND_ACCOUNT,
            role=SECOND_ACCOUNT_ROLE,
            cluster=CLUSTER,
            approvers=users.approvers,
            undo_window=int(undo_window.total_seconds()),
        )
        environment = {**aws.environment(), **workspace.environment()}
        yield DemoCompany(aws.url, workspace, users, environment, settings)


@contextmanager
def running_company(
    port: int, undo_window: timedelta
) -> Iterator[tuple[DemoCompany, ServeProcess]]:
    """The bot has come into the workspace."""
    with open_company(port, undo_window) as company:
        environment = {**isolated_environment(), **company.environment}
        with (
            open_demo_folder(environment, company.settings) as demo_folder,
            serving(demo_folder) as bot,
        ):
            bot.wait_until_connected(company.workspace.remote)
            yield company, bot
