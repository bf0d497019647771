"""`ecr-clean doctor`: what is wrong, and how to mend it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from bot.aws.ecr import EcrRegistry
from bot.cli.options import Options, common_options, format_option
from bot.cli.printing import Forms
from bot.cli.progress import shown_progress
from bot.cli.remembering import opened_memory
from bot.cli.status import ExitStatus
from bot.core.findings import DefaultsApply, Finding, FindingStatus, SettingsValid, ok
from bot.core.slack_findings import SlackNotSetUp
from bot.render.findings import FINDING_COLUMNS, findings_as_text
from bot.settings import DEFAULT_FILE, Settings, load_settings
from bot.usage.other_regions import NoMemory
from bot.usecases.doctor import Doctor, UsageScan
from bot.wiring import (
    has_slack_tokens,
    identify,
    open_authority,
    open_named_registries,
    open_slack_checks,
    open_sources,
    system_clock,
)

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command()
@format_option("finding")
@common_options
@click.pass_obj
def doctor(options: Options, format_: str) -> int:
    """Check settings, AWS permissions, every source of usage, and Slack, and say how to mend what
    fails.

    Nothing is changed, and no image is pulled.
    """
    findings = list(_findings(options))
    FINDINGS.print_all(format_, findings)
    has_failed = any(finding.status is FindingStatus.FAILED for finding in findings)
    return ExitStatus.FAILED if has_failed else ExitStatus.DONE


def _findings(options: Options) -> Iterator[Finding]:
    settings = load_settings(options.config)
    yield _settings_finding(options)
    yield from Doctor(
        identify=lambda: identify(settings),
        open_registries=lambda: open_named_registries(settings),
        scan=lambda registries: _look(settings, registries),
    ).findings()
    yield from _slack(settings)


def _settings_finding(options: Options) -> Finding:
    file = options.config or DEFAULT_FILE
    if options.config or DEFAULT_FILE.exists():
        return ok("settings", str(file), SettingsValid())
    return ok("settings", str(file), DefaultsApply())


def _slack(settings: Settings) -> Iterator[Finding]:
    if has_slack_tokens():
        yield from open_slack_checks(settings).findings()
    else:
        yield ok("Slack", "environment", SlackNotSetUp())


def _look(settings: Settings, registries: Sequence[EcrRegistry]) -> UsageScan:
    sources = open_sources(settings, registries, frozenset(each.id() for each in registries))
    with opened_memory() as memory, shown_progress() as progress:
        authority = open_authority(settings)
        seen = sources.look(settings, authority, memory.scans, system_clock, progress)
        listed = {
            (look.source, look.scope): memory.scans.usage.last_listed(look.source, look.scope)
            for look in seen.snapshot.looks
        }
        elsewhere = sources.elsewhere(NoMemory(), seen.at)
    workloads = {key: last.workloads for key, last in listed.items() if last}
    return UsageScan(seen.snapshot, workloads, seen.coverage, elsewhere)


def _texts(findings: Iterable[Finding]) -> Iterator["RenderableType"]:
    yield findings_as_text(list(findings))


FINDINGS = Forms(_texts, FINDING_COLUMNS.as_line, FINDING_COLUMNS.header, FINDING_COLUMNS.as_rows)
