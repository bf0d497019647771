"""The patterns in the settings file, with their places. Leaves out those of the defaults."""

from collections.abc import Iterable, Iterator, Sequence

from bot.core.patterns import Patterns
from bot.core.pins import Pin, PinKind
from bot.core.settings_patterns import EntryPatterns, PlacedPattern
from bot.settings.keep_rules import KeepRule
from bot.settings.model import PinSection, PolicySection, ReportSection, Settings


def written_patterns(settings: Settings) -> Sequence[EntryPatterns]:
    """Those of `policies`, `reports` and `pins`."""
    written = settings.model_fields_set
    policies = settings.policies if "policies" in written else ()
    reports = settings.reports if "reports" in written else ()
    return [
        *(_of_policy(policies, place) for place in range(len(policies))),
        *(_of_report(report, place) for place, report in enumerate(reports)),
        *(_of_pin(pin, place) for place, pin in enumerate(settings.pins)),
    ]


def _of_policy(policies: Sequence[PolicySection], place: int) -> EntryPatterns:
    policy, key = policies[place], f"policies[{place}]"
    rules = policy.keep if "keep" in policy.model_fields_set else ()
    earlier = [text for before in policies[:place] for text in before.repositories]
    return EntryPatterns(
        Patterns(policy.repositories),
        tuple(_of_repositories(policy, key)),
        tuple(_of_rules(rules, f"{key}.keep")),
        tuple(
            PlacedPattern(f"{key}.keep[{number}].per", rule.per)
            for number, rule in enumerate(rules)
            if rule.per
        ),
        before=Patterns(tuple(earlier)),
    )


def _of_rules(rules: Iterable[KeepRule], key: str) -> Iterator[PlacedPattern]:
    for number, rule in enumerate(rules):
        yield from _listed(f"{key}[{number}].tags", rule.tags or ())
        yield from _listed(f"{key}[{number}].except_tags", rule.except_tags)


def _of_report(report: ReportSection, place: int) -> EntryPatterns:
    repositories = tuple(_of_repositories(report, f"reports[{place}]"))
    return EntryPatterns(Patterns(report.repositories), repositories)


def _of_pin(pin: PinSection, place: int) -> EntryPatterns:
    is_digest = Pin(pin.pin, "", "").kind is PinKind.DIGEST
    return EntryPatterns(
        Patterns.of(pin.repository),
        (PlacedPattern(f"pins[{place}].repository", pin.repository),),
        () if is_digest else (PlacedPattern(f"pins[{place}].pin", pin.pin),),
    )


def _of_repositories(section: PolicySection | ReportSection, key: str) -> Iterator[PlacedPattern]:
    if "repositories" in section.model_fields_set:
        yield from _listed(f"{key}.repositories", section.repositories)


def _listed(key: str, patterns: Iterable[str]) -> Iterator[PlacedPattern]:
    for number, text in enumerate(patterns):
        yield PlacedPattern(f"{key}[{number}]", text)
