"""The demo on the user's own AWS account, where it reports and cannot delete."""

import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
from botocore.loaders import Loader

from bot.aws.aws_api import AccountAccess, open_aws_apis
from bot.aws.ecr import EcrRegistry
from bot.aws.eks import EksClusters
from bot.aws.iam_policy import ACTIONS_OF_SOURCES, PRICES, REGISTRY, RequiredIamActions
from bot.bootstrap.planning import identify, open_registries
from bot.cli.demo.demo_company import (
    aws_environment,
    expect_no_proxy,
    open_demo_folder,
    open_workspace,
    serving,
)
from bot.cli.demo.presentation import ReportPrinter, wait_for_ctrl_c
from bot.cli.terminal import print_lines
from bot.core.errors import RequestError, ServiceError
from bot.settings.load import load_settings, parse
from bot.settings.model import Settings
from bot.settings.source import DEFAULT_FILE, find_source
from bot.usecases.inventory import reads_count_as_pulls

if TYPE_CHECKING:
    from bot.playground.slack import Workspace


_COPIED_KEYS = ("registries", "policies", "usage", "pins", "price_per_gb_month")
"""Keys that the demo copies from the user's settings. It sets all others itself."""

MODEL = "service-2"

DATA_PATH_VARIABLE = "AWS_DATA_PATH"

CHANNEL = "registry"

INVITATION = """\

Open {url}/ in a browser.
Each report shows which images would be deleted, which are kept, and why. This demo cannot delete
images. Ctrl-C ends it."""

NOTE = """\
To compute savings, the bot reads every manifest once. ECR counts each read as a pull, and sets the
pull time of the image to now. The bot records its own reads in a cache on this machine, which it
keeps after the demo, and does not count them as usage. Other tools may, such as lifecycle policies
that count days since the last pull. To keep the pull times, exempt your identity first:

  aws ecr register-pull-time-update-exclusion --principal-arn {who}

or use credentials without ecr:BatchGetImage: then savings are estimates, and plans with multi-arch
images are incomplete.
"""


def demo_settings(config: Path | None, channel: str, clusters: Sequence[str] = ()) -> str:
    """The settings of the demo as YAML: the user's settings of the account, with reports in
    `channel`, without roles that delete, and without approvals.

    `config`: as of `load_settings`. The default file must not name kubeconfigs, since the bot
    treats the result as a file that was named explicitly. `clusters`: ARNs of additional EKS
    clusters. Raises RequestError if the file is invalid.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - no other command needs it here

    _expect_no_kubeconfigs_found(load_settings(config))
    source = find_source(config)
    given = parse(source) if source else {}
    kept = {key: given[key] for key in _COPIED_KEYS if key in given}
    for registry in kept.get("registries") or ():
        registry.pop("delete_role_arn", None)
    usage = kept["usage"] = kept.get("usage") or {}
    if source:
        _make_paths_absolute(usage, source.folder.resolve())
    if clusters:
        listed = [{"name": arn, "eks": arn} for arn in clusters]
        usage["kubernetes"] = {**(usage.get("kubernetes") or {}), "clusters": listed}
    own = {"reports": [{"channel": channel}], "execution": {"enabled": False}}
    text = StringIO()
    YAML(typ="safe", pure=True).dump({**kept, **own}, text)
    return text.getvalue()


def _expect_no_kubeconfigs_found(settings: Settings) -> None:
    """A kubeconfig can run commands, so settings found in the working folder must not name one."""
    kubernetes = settings.usage.kubernetes
    if (
        settings.is_default_file
        and kubernetes
        and any(each.kubeconfig for each in kubernetes.clusters)
    ):
        raise RequestError(
            f"{DEFAULT_FILE} in the working folder names kubeconfigs: if you trust the file, pass "
            "it with --config"
        )


def _make_paths_absolute(usage: dict[str, Any], folder: Path) -> None:
    """The settings file of the demo is in another folder."""
    if files := usage.get("files"):
        usage["files"] = [str(folder / each) for each in files]
    for cluster in (usage.get("kubernetes") or {}).get("clusters") or ():
        if path := cluster.get("kubeconfig"):
            cluster["kubeconfig"] = str(folder / Path(path).expanduser())


@contextmanager
def allow_only_reads() -> Iterator[None]:
    """Restricts botocore clients that are opened in the block to operations that read, in this
    process and its children. Ignores the user's own botocore models, which may have operations that
    write."""
    before = os.environ.pop(DATA_PATH_VARIABLE, None)
    with tempfile.TemporaryDirectory(prefix="ecr-clean-demo-") as folder:
        _write_models(Path(folder))
        os.environ[DATA_PATH_VARIABLE] = folder
        try:
            yield
        finally:
            _restore(before)


def _restore(before: str | None) -> None:
    del os.environ[DATA_PATH_VARIABLE]
    if before is not None:
        os.environ[DATA_PATH_VARIABLE] = before


def _write_models(folder: Path) -> None:
    loader = Loader()
    for service, operations in _reads().items():
        version = loader.determine_latest_version(service, MODEL)
        model = loader.load_service_model(service, MODEL, version)
        kept = {name: each for name, each in model["operations"].items() if name in operations}
        place = folder / service / version
        place.mkdir(parents=True)
        (place / f"{MODEL}.json").write_bytes(orjson.dumps({**model, "operations": kept}))


def _reads() -> Mapping[str, Set[str]]:
    """The operations that read, by service: those of the least-privilege policy, which have the
    same names in botocore, and those that find accounts and Regions."""
    found: defaultdict[str, set[str]] = defaultdict(set, {"ec2": {"DescribeRegions"}})
    found["sts"] |= {"GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"}
    needs: list[RequiredIamActions] = [REGISTRY, PRICES, *ACTIONS_OF_SOURCES.values()]
    for action in (action for each in needs for action in (*each.broad, *each.narrow)):
        service, _, operation = action.partition(":")
        found[service].add(operation)
    return found


def show_own_account(config: Path | None, port: int, *, interactive: bool) -> None:
    """Posts and prints a report for every repository. `interactive`: then waits for Ctrl-C.
    `config`: a settings file for the account.

    No client can delete, in this process and in those of the bot. No plan can be approved.
    """
    expect_no_proxy()
    with allow_only_reads():
        settings = load_settings(config)
        registries = open_registries(settings)
        _expect_repositories(registries)
        text = demo_settings(config, f"#{CHANNEL}", _unlisted_clusters(settings, registries))
        _explain_pull_times(settings, registries)
        with open_workspace(port) as workspace:
            _show(workspace, text, interactive=interactive)


def _show(workspace: "Workspace", settings: str, *, interactive: bool) -> None:
    from bot.playground.plain_text import PlainTextRenderer  # noqa: PLC0415 - no other command needs it

    remote = workspace.remote
    remote.change_settings(limits=False)
    you = remote.add_user("you", real_name="You", is_admin=True)
    remote.add_channel(CHANNEL, [you])
    environment = {**aws_environment(), **workspace.environment()}
    with open_demo_folder(environment, settings) as demo_folder, serving(demo_folder) as bot:
        bot.wait_until_connected(remote)
        print_lines(f"The workspace is open: {workspace.url}/\n")
        printer = ReportPrinter(you, PlainTextRenderer(remote.get("/workspace")))
        printer.print_lines(demo_folder)
        printer.print_full_report(lambda report: report.usd)
        printer.print_totals()
        if interactive:
            wait_for_ctrl_c(bot, INVITATION.format(url=workspace.url))


def _expect_repositories(registries: Sequence[EcrRegistry]) -> None:
    """Raises RequestError if there are no repositories, ServiceError if they cannot be listed."""
    if not any(True for registry in registries for _ in registry.repositories()):
        places = ", ".join(str(registry.id()) for registry in registries)
        raise RequestError(
            f"There is no repository in {places}: set another Region with AWS_REGION, or "
            "`registries` in a settings file"
        )


def _unlisted_clusters(settings: Settings, registries: Sequence[EcrRegistry]) -> list[str]:
    """ARNs of all EKS clusters in the registries' accounts and Regions. Empty if the settings
    configure clusters. Ignores errors, since the bot's reports show the same ones."""
    section = settings.usage.kubernetes
    if section is None or section.clusters or section.ignore:
        return []
    found: set[str] = set()
    for registry in registries:
        with suppress(ServiceError):
            access = AccountAccess(registry.session, registry.account, (registry.region,))
            for aws in open_aws_apis(access, settings.usage.calls_per_second):
                found.update(EksClusters(aws).clusters())
    return sorted(found)


def _explain_pull_times(settings: Settings, registries: Sequence[EcrRegistry]) -> None:
    """Prints what the reads of manifests change. In a terminal, asks whether to continue."""
    if not any(map(reads_count_as_pulls, registries)):
        return
    who = identify(settings).principal or "ARN-OF-YOUR-ROLE"
    print_lines(NOTE.format(who=who))
    if sys.stdin.isatty() and sys.stdout.isatty():
        click.confirm("Read them now?", default=True, abort=True)
