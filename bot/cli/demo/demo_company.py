"""A simulated company on this machine: AWS, a cluster, a Slack workspace, and the bot."""

import os
import shlex
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
from bot.bootstrap.kubernetes import cluster_role
from bot.core.errors import RequestError, ServiceError
from bot.process import system_clock
from bot.settings.environment import Environment

if TYPE_CHECKING:
    from bot.playground.seed_slack import UsersAndChannels
    from bot.playground.slack import Workspace, WorkspaceClient


PROXIES = ("http_proxy", "https_proxy", "all_proxy")
OWN_PREFIXES = ("slack_", "database_url", "pgpassword", "ecr_clean_", "xdg_state_home")

UNSET = f"""\
for name in $(awk 'BEGIN {{ for (name in ENVIRON) print name }}' |
    grep -iE '^(aws_|{"|".join((*OWN_PREFIXES, *PROXIES))})'); do unset "$name"; done"""
"""Shell code: removes the variables that `isolated_environment` leaves out."""

SECONDS_TO_START = 60.0

SECONDS_TO_STOP = 20.0

SECONDS_BETWEEN_CHECKS = 0.1

LINES_OF_LOG = 5

MANIFEST = Path(bot.__file__).parent.parent / "manifest.yml"
"""The manifest of the Slack app."""

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
approval: {{approvers: ['@image-approvers']}}
execution: {{undo_window: {undo_window}s}}
"""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The bot's settings, database and log in a temporary folder, which is removed at the end of
    the demo."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"

    def write_shell_script(self) -> Path:
        """A script that makes `ecr-clean` in another shell use the simulated company."""
        own = {name: value for name, value in self.environment.items() if _is_of_demo(name, value)}
        exports = [f"export {name}={shlex.quote(value)}" for name, value in sorted(own.items())]
        script = self.folder / "environment.sh"
        path = f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"'
        script.write_text("\n".join([UNSET, path, *exports, ""]))
        return script


def _is_of_demo(name: str, value: str) -> bool:
    return os.environ.get(name) != value


@contextmanager
def open_demo_folder(environment: Mapping[str, str], settings: str) -> Iterator[DemoFolder]:
    with tempfile.TemporaryDirectory(prefix="ecr-clean-demo-") as name:
        folder = Path(name)
        file = folder / "ecr-clean.yml"
        file.write_text(settings)
        state = {"XDG_STATE_HOME": name, "ECR_CLEAN_CONFIG": str(file)}
        yield DemoFolder(folder, {"XDG_CACHE_HOME": name, **environment, **state})


def isolated_environment() -> dict[str, str]:
    """The environment without variables of AWS, Slack, databases and proxies, so that no call
    leaves the machine and no database of this machine is read."""
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**_environment_without(*OWN_PREFIXES, "aws_", "xdg_cache_home", *PROXIES), **files}


def aws_environment() -> dict[str, str]:
    """The environment with boto3's variables, without those of Slack and databases. Uses the
    manifest cache of this machine, which records the bot's own pulls for later runs."""
    return {
        **_environment_without(*OWN_PREFIXES),
        "XDG_CACHE_HOME": str(Environment().cache_folder.parent),
    }


def expect_no_proxy() -> None:
    """Raises RequestError if a proxy is set: the Slack client would use it for calls to this
    machine."""
    if found := [name for name in os.environ if name.lower() in PROXIES and os.environ[name]]:
        raise RequestError(
            f"The demo on your own account cannot use a proxy ({', '.join(found)}): unset the "
            "variable, or use `ecr-clean plan`, which supports proxies"
        )


def _environment_without(*prefixes: str) -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.lower().startswith(prefixes)
    }


@dataclass(frozen=True, slots=True)
class ServeProcess:
    """A running `ecr-clean serve`."""

    demo_folder: DemoFolder
    process: subprocess.Popen[bytes]

    def wait_until_connected(self, workspace: "WorkspaceClient") -> None:
        """Waits until the bot is connected. Raises ServiceError if it exits before, or takes too
        long."""
        end = time.monotonic() + SECONDS_TO_START
        while not workspace.connections():
            self.expect_alive()
            if time.monotonic() > end:
                raise ServiceError(
                    f"The bot did not connect to the workspace within {SECONDS_TO_START:.0f} "
                    f"seconds{self._last_log_lines()}"
                )
            time.sleep(SECONDS_BETWEEN_CHECKS)

    def expect_alive(self) -> None:
        status = self.process.poll()
        if status is not None:
            raise ServiceError(f"The bot exited with status {status}{self._last_log_lines()}")

    def _last_log_lines(self) -> str:
        lines = self.demo_folder.log.read_text().splitlines()[-LINES_OF_LOG:]
        return "; last lines of its log: " + " / ".join(lines) if lines else ""


@contextmanager
def serving(demo_folder: DemoFolder) -> Iterator[ServeProcess]:
    """Runs `ecr-clean serve`, and stops all of its processes at the end."""
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
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kills serve and its worker."""
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
                f"Port {port} cannot be used ({error.strerror}): set another one with --port, or "
                "omit --port to use a free one"
            ) from error
        yield workspace


@dataclass(frozen=True)
class DemoCompany:
    """The simulated company. `environment`: the variables that connect the bot to it."""

    aws_url: str
    workspace: "Workspace"
    users: "UsersAndChannels"
    environment: Mapping[str, str]
    settings: str


@contextmanager
def open_company(port: int, undo_window: timedelta) -> Iterator[DemoCompany]:
    """`port`: of the workspace; 0 means a free one. Raises RequestError if the port is taken."""
    from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn  # noqa: PLC0415
    from bot.playground.kubernetes import Cluster  # noqa: PLC0415
    from bot.playground.seed import SECOND_ACCOUNT, seed_company  # noqa: PLC0415
    from bot.playground.seed_kubernetes import register_cluster_in_eks, seed_company_cluster  # noqa: PLC0415
    from bot.playground.seed_slack import seed_users_and_channels  # noqa: PLC0415
    from bot.playground.seed_usage import SECOND_ACCOUNT_ROLE  # noqa: PLC0415
    from bot.settings.model import Settings  # noqa: PLC0415

    with AwsStandIn() as aws, Cluster(CLUSTER) as cluster, open_workspace(port) as workspace:
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
            undo_window=int(undo_window.total_seconds()),
        )
        environment = {**aws.environment(), **workspace.environment()}
        yield DemoCompany(aws.url, workspace, users, environment, settings)


@contextmanager
def running_company(
    port: int, undo_window: timedelta
) -> Iterator[tuple[DemoCompany, ServeProcess]]:
    """The company with a bot that is connected to its workspace."""
    with open_company(port, undo_window) as company:
        environment = {**isolated_environment(), **company.environment}
        with (
            open_demo_folder(environment, company.settings) as demo_folder,
            serving(demo_folder) as bot,
        ):
            bot.wait_until_connected(company.workspace.remote)
            yield company, bot
