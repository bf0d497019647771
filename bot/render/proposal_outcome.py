"""The end of the file that `ecr-clean init` prints: what it would save, and what to check."""

from collections.abc import Iterator, Sequence
from itertools import chain

from bot.core.plan import Plan
from bot.core.plan_problems import (
    PlanProblem,
    ScanFailed,
    UnscannedAccountsMayPull,
    UnscannedServicesMayPull,
)
from bot.core.proposed_policies import PolicyProposal
from bot.core.proposed_settings import PlannedProposal, SettingsProposal
from bot.core.repository import RepositoryId
from bot.core.tag_schemes import TagKind
from bot.core.text_formatting import first_few, format_time
from bot.render.hints import Surface
from bot.render.plan_problem_sentences import plan_problem_words
from bot.render.proposed_settings import unread_words
from bot.render.quantities import count, freed, yearly
from bot.render.settings_text import comment, joined

MOST_ROWS = 30

_HEADINGS = ("repository", "manifests", "to delete", "frees", "saves")


def proposal_outcome(proposal: SettingsProposal, planned: PlannedProposal) -> str:
    """Comments alone."""
    return joined(("", *_savings(proposal, planned), "", *_checks(proposal, planned)))


def _savings(proposal: SettingsProposal, planned: PlannedProposal) -> Iterator[str]:
    yield "# What this file would save"
    yield "#"
    if not planned.plans:
        yield from comment("Nothing: there is no repository with an entry under policies.")
        return
    yield from comment(
        f"By plans of {format_time(proposal.at)}. Nothing was deleted, and no plan was stored. An "
        "incomplete plan keeps what its problems could concern."
    )
    yield "#"
    plans = sorted(planned.plans, key=_by_saving)
    rows = [_HEADINGS, *map(_row, plans[:MOST_ROWS]), *_total(plans)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *figures in rows:
        cells = [figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True)]
        yield "  ".join(["#  ", name.ljust(widths[0]), *cells]).rstrip()
    if len(plans) > MOST_ROWS:
        yield "#"
        yield from comment(f"The {MOST_ROWS} repositories that save most, and all {len(plans):,}.")


def _by_saving(plan: Plan) -> tuple[float, str]:
    return -plan.savings.usd_per_month, plan.repository.name


def _row(plan: Plan) -> tuple[str, ...]:
    savings = plan.savings
    saved = yearly(savings.usd_per_month, exact=savings.exact)
    note = "" if plan.complete else " (incomplete)"
    return (
        plan.repository.name + note,
        f"{len(plan.judged):,}",
        f"{len(plan.delete):,}",
        freed(savings),
        saved,
    )


def _total(plans: Sequence[Plan]) -> Iterator[tuple[str, ...]]:
    if len(plans) < 2:
        return
    usd = sum(plan.savings.usd_per_month for plan in plans)
    exact = all(plan.savings.exact for plan in plans)
    yield (
        "all",
        f"{sum(len(plan.judged) for plan in plans):,}",
        f"{sum(len(plan.delete) for plan in plans):,}",
        "",
        yearly(usd, exact=exact),
    )


def _checks(proposal: SettingsProposal, planned: PlannedProposal) -> Iterator[str]:
    yield "# Check by hand"
    yield "#"
    for number, check in enumerate(_check_words(proposal, planned), start=1):
        yield from comment(check, bullet=f"{number}. ")


def _check_words(proposal: SettingsProposal, planned: PlannedProposal) -> Iterator[str]:
    yield from map(unread_words, proposal.unread)
    yield from _incomplete(planned.plans)
    yield from _failed(planned.failed)
    yield from _unmatched(planned.plans)
    yield from _named_tags(proposal.policies.policies)
    yield from _lifecycle_policies(proposal.with_lifecycle_policy)
    yield (
        "Images that run outside of AWS and of the listed clusters, that builds start from (FROM), "
        "or that users pull by hand: no source lists them. List them in a file of usage.files, or "
        "keep them by a rule or a pin."
    )
    yield (
        "Then run `ecr-clean doctor`, and `ecr-clean plan REPOSITORY` for each repository, before "
        "you set up reports."
    )


def _incomplete(plans: Sequence[Plan]) -> Iterator[str]:
    """Names a problem of several plans once."""
    undecided = [plan.repository.name for plan in plans if any(map(_is_undecided, plan.problems))]
    if undecided:
        yield (
            f"Who may pull {first_few(undecided)}: decide on the accounts and services under usage."
        )
    names: dict[str, dict[str, None]] = {}
    for plan in plans:
        for problem in plan.problems:
            if not _is_undecided(problem):
                words = plan_problem_words(problem, Surface.TERMINAL)
                names.setdefault(words, {})[plan.repository.name] = None
    for words, concerned in names.items():
        yield f"Incomplete plan of {first_few([*concerned])}: {words}."


def _is_undecided(problem: PlanProblem) -> bool:
    """Whether a comment under `usage` says how to decide."""
    return isinstance(problem, ScanFailed) and isinstance(
        problem.cause, UnscannedAccountsMayPull | UnscannedServicesMayPull
    )


def _failed(failed: Sequence[RepositoryId]) -> Iterator[str]:
    if failed:
        names = first_few([each.name for each in failed])
        yield f"{names} could not be planned: see the errors of `ecr-clean init`."


def _unmatched(plans: Sequence[Plan]) -> Iterator[str]:
    for plan in plans:
        tags = plan.unmatched_tags
        if tags.count:
            yield (
                f"{plan.repository.name}: {count(tags.count, 'tag')} that only rules of time keep "
                f"({', '.join(tags.examples)})."
            )


def _named_tags(policies: Sequence[PolicyProposal]) -> Iterator[str]:
    by_tags = (policy for policy in policies if not policy.is_translated)
    for each in chain.from_iterable(policy.repositories for policy in by_tags):
        if tags := each.scheme.tags_of(TagKind.UNKNOWN):
            yield (
                f"{each.pattern}: the rule `tags` keeps {first_few(list(tags))}, whose kind init "
                "does not know."
            )


def _lifecycle_policies(repositories: Sequence[RepositoryId]) -> Iterator[str]:
    if repositories:
        names = first_few([each.name for each in repositories])
        yield (
            f"ECR itself deletes images of {names} by lifecycle policies, also images in use. "
            "Delete these policies once ecr-clean cleans up."
        )
