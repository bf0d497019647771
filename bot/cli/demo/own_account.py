"""The bot on the account behind the usual credentials: it reports, and can delete nothing."""

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
from bot.aws.iam_policy import ACTIONS_OF_SOURCES, REGISTRY, RequiredActions
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
from bot.settings.load import DEFAULT_FILE, load_settings, parse
from bot.settings.model import Settings
from bot.usecases.inventory import reads_count_as_pulls

if TYPE_CHECKING:
    from bot.playground.slack import Workspace


_TAKEN_OVER = ("registries", "policies", "usage", "pins", "price_per_gb_month")
"""Keys that tell what is there and what is kept. All others are the demo's own."""

MODEL = "service-2"

VARIABLE = "AWS_DATA_PATH"

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


def own_settings(config: Path | None, channel: str, clusters: Sequence[str] = ()) -> str:
    """As YAML: what the file says of the account, with reports for this channel, without roles that
    delete, and with nothing that lets anybody approve. `config` None: the default file, if there is
    one; it must not name kubeconfigs, since the bot takes the result for a named file. `clusters`:
    ARNs of EKS clusters that are read in addition. Raises RequestError if the file is wrong."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - no other command needs it here

    _expect_no_kubeconfigs_found(load_settings(config))
    file = config or DEFAULT_FILE
    told = parse(file) if file.exists() else {}
    kept = {key: told[key] for key in _TAKEN_OVER if key in told}
    for registry in kept.get("registries") or ():
        registry.pop("delete_role_arn", None)
    usage = kept["usage"] = kept.get("usage") or {}
    _make_paths_absolute(usage, file.parent.resolve())
    if clusters:
        listed = [{"name": arn, "eks": arn} for arn in clusters]
        usage["kubernetes"] = {**(usage.get("kubernetes") or {}), "clusters": listed}
    ours = {"reports": [{"channel": channel}], "execution": {"enabled": False}}
    text = StringIO()
    YAML(typ="safe", pure=True).dump({**kept, **ours}, text)
    return text.getvalue()


def _expect_no_kubeconfigs_found(settings: Settings) -> None:
    """A kubeconfig may run commands; settings found in the working folder may not."""
    kubernetes = settings.usage.kubernetes
    if (
        settings.is_default_file
        and kubernetes
        and any(each.kubeconfig for each in kubernetes.clusters)
    ):
        raise RequestError(
            f"{DEFAULT_FILE} was found in the working folder, and names kubeconfigs: if you trust "
            "it, name it with --config"
        )


def _make_paths_absolute(usage: dict[str, Any], folder: Path) -> None:
    """The settings of the demo stand elsewhere."""
    if files := usage.get("files"):
        usage["files"] = [str(folder / each) for each in files]
    for cluster in (usage.get("kubernetes") or {}).get("clusters") or ():
        if path := cluster.get("kubeconfig"):
            cluster["kubeconfig"] = str(folder / Path(path).expanduser())


@contextmanager
def only_reads() -> Iterator[None]:
    """In this process and all that it starts, for clients that are opened meanwhile. Models that
    somebody else put there count for nothing: they could have calls that write."""
    before = os.environ.pop(VARIABLE, None)
    with tempfile.TemporaryDirectory(prefix="ecr-clean-demo-") as folder:
        _write_models(Path(folder))
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            _restore(before)


def _restore(before: str | None) -> None:
    del os.environ[VARIABLE]
    if before is not None:
        os.environ[VARIABLE] = before


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
    """Of every service the operations that the least policy for reading allows, which are called
    alike in botocore, and those that find accounts and Regions."""
    found: defaultdict[str, set[str]] = defaultdict(set, {"ec2": {"DescribeRegions"}})
    found["sts"] |= {"GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"}
    needs: list[RequiredActions] = [REGISTRY, *ACTIONS_OF_SOURCES.values()]
    for action in (action for each in needs for action in (*each.broad, *each.narrow)):
        service, _, operation = action.partition(":")
        found[service].add(operation)
    return found


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
        _explain_pull_times(settings, registries)
        with open_workspace(port) as workspace:
            _show(workspace, text, stay=stay)


def _show(workspace: "Workspace", settings: str, *, stay: bool) -> None:
    from bot.playground.plain_text import PlainTextRenderer  # noqa: PLC0415 - no other command needs it

    remote = workspace.remote
    remote.change_settings(limits=False)
    you = remote.add_person("you", real_name="You", is_admin=True)
    remote.add_channel(CHANNEL, [you])
    environment = {**aws_environment(), **workspace.environment()}
    with open_demo_folder(environment, settings) as demo_folder, serving(demo_folder) as bot:
        bot.wait_until_connected(remote)
        print_lines(f"The workspace is open: {workspace.url}/\n")
        printer = ReportPrinter(you, PlainTextRenderer(remote.ask("/workspace")))
        printer.print_lines(demo_folder)
        printer.print_whole(lambda report: report.usd)
        printer.print_sum()
        if stay:
            wait_for_ctrl_c(bot, INVITATION.format(url=workspace.url))


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
            found |= {
                arn for place in open_aws_apis(access) for arn in EksClusters(place).clusters()
            }
    return sorted(found)


def _explain_pull_times(settings: Settings, registries: Sequence[EcrRegistry]) -> None:
    """In a terminal it may be left at that."""
    if not any(map(reads_count_as_pulls, registries)):
        return
    who = identify(settings).principal or "ARN-OF-YOUR-ROLE"
    print_lines(NOTE.format(who=who))
    if sys.stdin.isatty() and sys.stdout.isatty():
        click.confirm("Read them now?", default=True, abort=True)
