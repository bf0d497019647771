"""Why one manifest stays or goes, and what shares its fate."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.core.errors import RequestError
from bot.core.graph import build_graph
from bot.core.judge import Judged
from bot.core.kin import family_of
from bot.core.naming import is_called
from bot.core.plan import Plan
from bot.core.repository import RepositoryId
from bot.core.words import first_few


class NotThereError(RequestError):
    """The plan knows nothing of that name. `close`: a tag that is called almost so."""

    def __init__(self, repository: RepositoryId, reference: str, close: str | None) -> None:
        hint = f"did you mean {close}?" if close else "ecr-clean plan lists all that it has"
        super().__init__(f"{repository.name} has no tag or digest {reference}: {hint}")
        self.close = close


@dataclass(frozen=True, slots=True)
class Explanation:
    """`family`: all that share its fate, itself among them, lowest digest first."""

    repository: RepositoryId
    judged: Judged
    family: Sequence[Judged]


def explain(plan: Plan, reference: str) -> Explanation:
    """`reference`: a tag, a digest or the beginning of one. Raises RequestError if it names
    several manifests, and NotThereError if it names none."""
    found = [
        each
        for each in plan.judged
        if is_called(reference, each.manifest.digest, each.manifest.tags)
    ]
    if not found:
        raise NotThereError(plan.repository, reference, _closest(plan, reference))
    if len(found) > 1:
        digests = first_few([each.manifest.digest for each in found])
        raise RequestError(f"{reference} may be any of {digests}: give more of the digest")
    by_digest = {each.manifest.digest: each for each in plan.judged}
    graph = build_graph(each.manifest for each in plan.judged)
    family = family_of(graph, found[0].manifest.digest)
    return Explanation(plan.repository, found[0], [by_digest[digest] for digest in family])


def _closest(plan: Plan, reference: str) -> str | None:
    tags = [tag for each in plan.judged for tag in each.manifest.tags]
    return next(iter(get_close_matches(reference, tags, n=1)), None)
