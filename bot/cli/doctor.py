"""`ecr-clean doctor`, which checks the setup, and `ecr-clean iam-policy`, which prints policies."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from bot.aws.ecr import EcrRegistry
from bot.aws.iam_policy import (
    ANY,
    MAX_POLICY_SIZE,
    IamPolicyScope,
    Policy,
    delete_policy,
    init_policy,
    read_policy,
    size_of,
)
from bot.bootstrap.iam_principals import Principal, deletion_scopes, init_scope, reading_scopes
from bot.bootstrap.kubernetes import cluster_role
from bot.bootstrap.planning import identify, open_named_registries, own_place
from bot.bootstrap.prices import open_price_list_reader
from bot.bootstrap.slack_context import has_slack_tokens, open_slack_checks
from bot.bootstrap.sources import open_sources
from bot.bootstrap.usecases import open_authority
from bot.cli.exit_status import ExitStatus
from bot.cli.open_storage import existing_store, opened_memory
from bot.cli.options import CommonOptions, common_options, format_option
from bot.cli.terminal import OutputFormats, note, print_lines, progress_display
from bot.core.doctor_findings import (
    DoctorFinding,
    DoctorFindingStatus,
    NoSettingsFile,
    SettingsValid,
    SlackNotSetUp,
    ok,
)
from bot.core.errors import RequestError
from bot.core.repository import RegistryId, RepositoryId
from bot.core.settings_patterns import pattern_findings
from bot.core.unmatched_tag_findings import unmatched_tag_findings
from bot.process import system_clock
from bot.render.doctor_findings import FINDING_COLUMNS, findings_as_text
from bot.settings.field_types import AUTO
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.settings.pattern_places import written_patterns
from bot.settings.source import DEFAULT_FILE, find_source
from bot.usage.known_definitions import no_definition_cache
from bot.usage.other_regions import NullRegionMemory
from bot.usecases.doctor import Doctor, UsageScan

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command()
@format_option("finding")
@common_options
@click.pass_obj
def doctor(options: CommonOptions, format_: str) -> int:
    """Check settings, permissions, usage sources and Slack.

    Prints a fix for each failed check. Read-only: changes nothing, pulls no image.
    """
    findings = list(_findings(options))
    FINDINGS.print_all(format_, findings)
    has_failed = any(finding.status is DoctorFindingStatus.FAILED for finding in findings)
    return ExitStatus.FAILED if has_failed else ExitStatus.DONE


def _findings(options: CommonOptions) -> Iterator[DoctorFinding]:
    settings = load_settings(options.config)
    yield _settings_finding(options)
    yield from Doctor(
        identify=lambda: identify(settings),
        open_registries=lambda: open_named_registries(settings),
        scan=lambda registries: _scan(settings, registries),
        check_prices=lambda regions: _price_findings(settings, regions),
        check_patterns=lambda repositories: _pattern_findings(settings, repositories),
    ).findings()
    yield from _slack(settings)


def _settings_finding(options: CommonOptions) -> DoctorFinding:
    if source := find_source(options.config):
        return ok("settings", source.name, SettingsValid())
    return ok("settings", str(DEFAULT_FILE), NoSettingsFile())


def _slack(settings: Settings) -> Iterator[DoctorFinding]:
    if has_slack_tokens():
        yield from open_slack_checks(settings).findings()
    else:
        yield ok("Slack", "environment", SlackNotSetUp())


def _price_findings(settings: Settings, regions: Sequence[str]) -> Iterator[DoctorFinding]:
    if settings.price_per_gb_month == AUTO:
        with opened_memory() as memory:
            yield from open_price_list_reader(memory.prices).findings(regions)


def _pattern_findings(
    settings: Settings, repositories: Sequence[RepositoryId]
) -> Iterator[DoctorFinding]:
    with existing_store() as store:
        tags_of = store.all_tags if store else lambda _: ()
        yield from pattern_findings(written_patterns(settings), repositories, tags_of)
        yield from unmatched_tag_findings(settings.policy_entries(), repositories, tags_of)


def _scan(settings: Settings, registries: Sequence[EcrRegistry]) -> UsageScan:
    """Without the cache of earlier scans, so that it makes all calls that a scan may need."""
    asked = frozenset(each.id() for each in registries)
    sources = open_sources(settings, registries, asked, no_definition_cache)
    with opened_memory() as memory, progress_display() as progress:
        authority = open_authority(settings)
        seen = sources.scan(settings, authority, memory.scans, system_clock, progress)
        listed = {
            (scan.source, scan.scope): memory.scans.usage.history(scan.source, scan.scope).last
            for scan in seen.snapshot.scans
        }
        elsewhere = sources.elsewhere(NullRegionMemory(), seen.at)
    workloads = {key: last.workloads for key, last in listed.items() if last}
    return UsageScan(seen.snapshot, workloads, seen.coverage, elsewhere)


def _texts(findings: Iterable[DoctorFinding]) -> Iterator["RenderableType"]:
    yield findings_as_text(list(findings))


FINDINGS = OutputFormats(
    _texts, FINDING_COLUMNS.as_line, FINDING_COLUMNS.header, FINDING_COLUMNS.as_rows
)


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """A kind of policy. `option`: the option that selects it. `does`: what its roles do."""

    option: str
    does: str
    reading_scopes: Callable[[Settings, RegistryId], Mapping[Principal, IamPolicyScope]]
    policy: Callable[[IamPolicyScope], Policy]


READ = PolicyKind("", "reads", reading_scopes, read_policy)
DELETE = PolicyKind("--delete ", "deletes", deletion_scopes, delete_policy)


@click.command("iam-policy")
@click.option(
    "--read",
    is_flag=True,
    help="Print the policy for planning and checks, which only reads.  [default]",
)
@click.option("--delete", is_flag=True, help="Print the policy for deletions.")
@click.option("--init", is_flag=True, help="Print the policy for ecr-clean init, which only reads.")
@click.option("--role", metavar="ARN", help="Print the policy of this role in the settings.")
@click.option(
    "--kubernetes",
    is_flag=True,
    help="Print the ClusterRole for reading clusters, for kubectl apply -f -.",
)
@common_options
@click.pass_obj
def iam_policy(options: CommonOptions, /, role: Principal, **kinds: bool) -> None:
    """Print the least-privilege IAM policy or ClusterRole.

    The policy fits the settings, and is for the identity that runs ecr-clean. For a role that the
    settings name, use --role.
    """
    _refuse_together(
        {f"--{kind}": kinds[kind] for kind in ("read", "delete", "init", "kubernetes")}
    )
    for kind in ("kubernetes", "init"):
        _refuse_together({"--role": role is not None, f"--{kind}": kinds[kind]})
    if kinds["init"]:
        _print_init_policy()
        return
    settings = load_settings(options.config)
    if kinds["kubernetes"]:
        _print_cluster_role(settings)
    else:
        _print_policy(settings, role, DELETE if kinds["delete"] else READ)


def _refuse_together(given: Mapping[str, bool]) -> None:
    options = [option for option, is_given in given.items() if is_given]
    if len(options) > 1:
        raise RequestError(f"{' and '.join(options)} cannot be combined: use one of them")


def _print_cluster_role(settings: Settings) -> None:
    print_lines(json.dumps(cluster_role(settings), indent=2))
    note(
        "bind it to the user, group or service account of ecr-clean: kubectl create "
        "clusterrolebinding ecr-clean --clusterrole=ecr-clean --group=GROUP"
    )


def _print_init_policy() -> None:
    scope = init_scope(own_place(Settings()))
    print_lines(json.dumps(init_policy(scope), indent=2))
    _note_whose(None, READ, (), scope.account)


def _print_policy(settings: Settings, role: Principal, kind: PolicyKind) -> None:
    own = own_place(settings)
    scopes = {each: each.reading_scopes(settings, own) for each in (READ, DELETE)}
    _refuse_unknown_role(role, kind, scopes)
    own_scope = scopes[kind][role]
    policy = kind.policy(own_scope)
    print_lines(json.dumps(policy, indent=2))
    if not policy["Statement"]:
        note("the policy is empty: no repository matches `policies`, so nothing is deleted")
    _note_whose(role, kind, _roles(scopes[kind]), own_scope.account)
    if (size := size_of(policy)) > MAX_POLICY_SIZE:
        note(f"it has {size:,} characters, over the limit of {MAX_POLICY_SIZE:,}: split it in two")


def _refuse_unknown_role(
    role: Principal,
    kind: PolicyKind,
    scopes: Mapping[PolicyKind, Mapping[Principal, IamPolicyScope]],
) -> None:
    if role in scopes[kind]:
        return
    for other, by_principal in scopes.items():
        if role in by_principal:
            raise RequestError(
                f"The role {role} only {other.does}: ecr-clean iam-policy {other.option}--role "
                f"{role} prints its policy"
            )
    roles = _roles(scopes[kind])
    choice = f"use one of {', '.join(roles)}" if roles else "omit --role"
    raise RequestError(f"There is no role {role} in the settings: {choice}")


def _roles(by_principal: Mapping[Principal, IamPolicyScope]) -> list[str]:
    return [principal for principal in by_principal if principal]


def _note_whose(role: Principal, kind: PolicyKind, roles: Iterable[str], account: str) -> None:
    if role:
        note(f"this is the policy of the role {role}")
        return
    if account == ANY:
        note(
            "this is the policy of the identity that runs ecr-clean; with AWS credentials, it "
            "names the account"
        )
    else:
        note(f"this is the policy of the identity that runs ecr-clean in account {account}")
    for each in roles:
        note(f"a role needs another policy: ecr-clean iam-policy {kind.option}--role {each}")
