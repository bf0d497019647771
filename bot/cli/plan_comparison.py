"""`ecr-clean plan --compare`: what another settings file would change."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.bootstrap.planning import open_registries
from bot.bootstrap.storage import Storage
from bot.bootstrap.usecases import open_authority
from bot.cli.exit_status import ExitStatusCollector
from bot.cli.open_storage import opened_memory
from bot.cli.options import CommonOptions
from bot.cli.planning import find_all, for_each, registries_of
from bot.cli.terminal import OutputFormats, progress_display
from bot.cli.usage_scans import OpenedSettings, RepeatedScans, ScannedSettings
from bot.core.errors import ServiceError
from bot.core.plan_comparison import SettingsComparison
from bot.ports import Clock, Progress
from bot.process import system_clock, tune_garbage_collection
from bot.render.plan_comparison import comparisons_as_text
from bot.render.plan_comparison_json import (
    COMPARISON_HEADER,
    comparison_as_line,
    comparison_as_rows,
)
from bot.settings.load import load_settings, load_settings_file
from bot.settings.model import Settings
from bot.settings.source import find_source
from bot.usecases.repositories import FoundRepository
from bot.usecases.settings_comparison import SettingsComparer

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class SettingsFileComparison:
    """A call of the command. `arguments`: repositories. `file`: the other settings."""

    options: CommonOptions
    arguments: Sequence[str]
    file: Path
    clock: Clock = system_clock

    def print(self, format_: str) -> int:
        """Returns the exit status."""
        outcome = ExitStatusCollector(self.options.debug)
        formats = OutputFormats(
            self._texts, comparison_as_line, COMPARISON_HEADER, comparison_as_rows
        )
        formats.print_all(format_, self._comparisons(outcome))
        return outcome.status

    def _texts(self, comparisons: Iterable[SettingsComparison]) -> Iterator["RenderableType"]:
        if every := list(comparisons):
            source = find_source(self.options.config)
            in_force = source.name if source else None
            yield comparisons_as_text(every, in_force, str(self.file), system_clock())

    def _comparisons(self, outcome: ExitStatusCollector) -> Iterator[SettingsComparison]:
        """Errors are printed and counted in `outcome`."""
        settings, other_settings = load_settings(self.options.config), load_settings_file(self.file)
        registries = open_registries(settings)
        found = find_all(self.arguments, registries, outcome)
        if not found:
            return
        tune_garbage_collection()
        in_force = OpenedSettings(settings, registries, registries_of(found))
        other = self._open_other(other_settings, in_force)
        with opened_memory() as memory:
            scans = RepeatedScans(partial(self._scan, in_force, other, memory), self.clock)
            with progress_display() as progress:
                scans.recent(progress)

            def compare(each: FoundRepository, progress: Progress) -> SettingsComparison:
                scanned = scans.recent(progress)
                planner, other_planner = (some.planner(memory, progress) for some in scanned)
                return SettingsComparer(planner, other_planner, other.asked).compare(each)

            for comparison in for_each(found, outcome, compare):
                yield comparison
                self._note_if_incomplete(comparison, outcome)

    def _open_other(self, settings: Settings, in_force: OpenedSettings) -> OpenedSettings:
        """Raises ServiceError if the id of a registry cannot be read."""
        if settings.registries == in_force.settings.registries:
            return replace(in_force, settings=settings)
        registries = open_registries(settings)
        try:
            listed = frozenset(registry.id() for registry in registries)
        except ServiceError as error:
            raise ServiceError(f"{self.file}: {error}", error.call) from error
        return OpenedSettings(settings, registries, in_force.asked & listed)

    def _scan(
        self, in_force: OpenedSettings, other: OpenedSettings, memory: Storage, progress: Progress
    ) -> tuple[ScannedSettings, ScannedSettings]:
        """Scans usage once if it is the same under both settings, or if the other settings list no
        registry of the repositories."""
        first = in_force.scan_usage(memory.scans, self.clock, progress)
        if _are_scans_alike(in_force.settings, other.settings) or not other.asked:
            authority = open_authority(other.settings)
            return first, ScannedSettings(other.settings, authority, first.scan)
        named = _named(progress, self.file)
        return first, other.scan_usage(memory.read_only_scans, self.clock, named)

    def _note_if_incomplete(
        self, comparison: SettingsComparison, outcome: ExitStatusCollector
    ) -> None:
        name = comparison.repository.name
        if problems := comparison.in_force.problems:
            outcome.incomplete(name, problems)
        if problems := comparison.other.problems:
            outcome.incomplete(f"{name} under {self.file}", problems)


def _are_scans_alike(one: Settings, other: Settings) -> bool:
    """Whether a scan of usage has the same result under both settings."""
    return _what_scans_depend_on(one) == _what_scans_depend_on(other)


def _what_scans_depend_on(settings: Settings) -> tuple[object, ...]:
    """Approvers are included, since they confirm drops in usage."""
    approvers = settings.general_rules(workspace=None).approvers
    return settings.registries, settings.usage, approvers


def _named(progress: Progress, file: Path) -> Progress:
    """Says that the steps are those of the file."""

    def show(step: str, done: int, total: int | None, note: str = "", /) -> None:
        progress(f"{step} under {file}", done, total, note)

    return show
