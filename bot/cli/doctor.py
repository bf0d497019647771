"""`ecr-clean doctor`: what is wrong, and how to mend it."""

import sys
from collections.abc import Callable, Iterator, Sequence

import click

from bot.aws.ecr import EcrRegistry
from bot.cli.options import Options, common_options, format_option
from bot.cli.progress import shown_progress
from bot.cli.status import ExitStatus
from bot.core.findings import Finding, Status, ok
from bot.settings import DEFAULT_FILE, Settings, load_settings
from bot.usecases.doctor import Doctor, Sight
from bot.wiring import identify, open_manifest_cache, open_patients, open_sources, system_clock


@click.command()
@format_option("finding")
@common_options
@click.pass_obj
def doctor(options: Options, format_: str) -> int:
    """Check settings, AWS permissions and every source of usage, and say how to mend what fails.

    Nothing is changed, and no image is pulled.
    """
    findings = list(_findings(options))
    PRINTERS[format_](findings)
    has_failed = any(finding.status is Status.FAILED for finding in findings)
    return ExitStatus.FAILED if has_failed else ExitStatus.DONE


def _findings(options: Options) -> Iterator[Finding]:
    settings = load_settings(options.config)
    yield _settings_finding(options)
    yield from Doctor(
        identify=lambda: identify(settings),
        patients=open_patients(settings),
        look=lambda registries: _look(settings, registries),
    ).findings()


def _settings_finding(options: Options) -> Finding:
    file = options.config or DEFAULT_FILE
    if options.config or DEFAULT_FILE.exists():
        return ok("settings", str(file), "the file is valid")
    return ok("settings", str(file), "there is no such file here: the defaults apply")


def _look(settings: Settings, registries: Sequence[EcrRegistry]) -> Sight:
    usage = open_sources(settings, registries, frozenset(each.id() for each in registries))
    with open_manifest_cache() as cache, shown_progress() as progress:
        snapshot = usage.scan(settings, cache, system_clock, progress).take()
        listed = {
            (look.source, look.scope): cache.last_listed(look.source, look.scope)
            for look in snapshot.looks
        }
    workloads = {key: last.workloads for key, last in listed.items() if last}
    return Sight(snapshot, workloads, usage.coverage)


def _print_table(findings: Sequence[Finding]) -> None:
    from rich.console import Console  # noqa: PLC0415 - scripts need not wait for it

    from bot.render.findings_table import findings_as_table  # noqa: PLC0415

    Console().print(findings_as_table(findings), soft_wrap=True)


def _print_json(findings: Sequence[Finding]) -> None:
    from bot.render.findings import finding_as_json  # noqa: PLC0415

    sys.stdout.buffer.writelines(map(finding_as_json, findings))
    sys.stdout.buffer.flush()


def _print_csv(findings: Sequence[Finding]) -> None:
    from bot.render.findings import write_findings  # noqa: PLC0415

    write_findings(findings, sys.stdout)


PRINTERS: dict[str, Callable[[Sequence[Finding]], None]] = {
    "table": _print_table,
    "json": _print_json,
    "csv": _print_csv,
}
