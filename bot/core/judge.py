"""Judges every manifest of a repository: what nothing keeps may go."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from bot.core import keepers
from bot.core.evidence import Evidence
from bot.core.families import candidates, find_artifacts, last_pulls
from bot.core.following import Following, nearest_parent, with_dependents
from bot.core.graph import Graph
from bot.core.manifest import Manifest, ManifestKind
from bot.core.reasons import (
    ClimbingReason,
    NothingKeeps,
    PartKept,
    PassedOver,
    Reason,
    RuleName,
    Verdict,
)
from bot.core.rules import Candidates, Rule
from bot.core.usage import User

PULLED_LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one manifest. `parent` is the nearest index or subject that is present.

    `pulled_lately`: it is to go, although somebody pulled it, or what hangs on it, in the last
    30 days: something that no source shows may need it.
    """

    manifest: Manifest
    verdict: Verdict
    parent: str | None
    reasons: tuple[Reason, ...]
    used_by: tuple[User, ...] = ()
    pulled_lately: bool = False


Reasons = dict[str, list[Reason]]


def judge(graph: Graph, evidence: Evidence) -> tuple[Judged, ...]:
    """One verdict for every manifest, lowest digest first."""
    policy = evidence.policy
    last_pull = last_pulls(graph)
    own: list[Iterator[tuple[str, Reason]]] = [
        keepers.pinned(graph, evidence),
        keepers.in_use(graph, evidence),
    ]
    passed_over: list[Mapping[str, PassedOver]] = []
    if policy is None:
        own.append(keepers.without_policy(graph))
    else:
        artifacts = find_artifacts(graph, policy.artifact_types)
        choice = candidates(graph, artifacts, last_pull, evidence)
        own += [
            _by_rules(policy.keep, choice, passed_over),
            keepers.too_young(policy, choice),
            keepers.not_run_by_containers(graph, artifacts),
        ]
    own += [keepers.archived(graph), keepers.orphans(graph, evidence)]
    own += [keepers.unknown(graph), keepers.of_unknown_use(graph, evidence)]

    reasons: Reasons = defaultdict(list)
    for digest, reason in chain(*own):
        reasons[digest].append(reason)
    _climb(graph, reasons)
    kept = with_dependents(graph, reasons)
    judging = _Judging(graph, evidence, reasons, kept, passed_over, last_pull, Following(graph))
    return tuple(judging.verdicts())


def _by_rules(
    rules: Sequence[Rule], choice: Candidates, passed_over: list[Mapping[str, PassedOver]]
) -> Iterator[tuple[str, Reason]]:
    for rule in rules:
        selection = rule.select(choice)
        passed_over.append(selection.passed_over)
        yield from selection.kept.items()


def _climb(graph: Graph, reasons: Reasons) -> None:
    """What keeps a part together with its parents is a reason for all of them."""
    climbing: dict[str, dict[RuleName, tuple[str, ClimbingReason]]] = {
        digest: {
            reason.rule: (digest, reason) for reason in found if isinstance(reason, ClimbingReason)
        }
        for digest, found in reasons.items()
    }
    upwards = chain(graph.tangled, *reversed(graph.levels[1:]))
    for digest in upwards:
        for rule, (origin, reason) in climbing.get(digest, {}).items():
            for parent in graph.parents.get(digest, ()):
                above = climbing.setdefault(parent, {})
                if rule not in above:
                    above[rule] = (origin, reason)
                    reasons[parent].append(PartKept(graph.manifests[origin].shown_name, reason))


@dataclass(frozen=True, slots=True)
class _Judging:
    """All that the verdicts are made of."""

    graph: Graph
    evidence: Evidence
    reasons: Reasons
    kept: set[str]
    passed_over: Sequence[Mapping[str, PassedOver]]
    last_pull: Mapping[str, datetime]
    following: Following

    def verdicts(self) -> Iterator[Judged]:
        for digest, manifest in self.graph.manifests.items():
            parent = nearest_parent(self.graph, digest, self.kept)
            judged = self._keep if digest in self.kept else self._delete
            yield judged(manifest, parent)

    def _keep(self, manifest: Manifest, parent: str | None) -> Judged:
        reasons = self.reasons.get(manifest.digest, [])
        if parent in self.kept:
            reasons = [*reasons, self.following.reason(manifest, parent)]
        used_by = self.evidence.usage.of(manifest.digest, manifest.tags)
        return Judged(manifest, Verdict.KEEP, parent, tuple(reasons), used_by)

    def _delete(self, manifest: Manifest, parent: str | None) -> Judged:
        reason = (
            self.following.reason(manifest, parent) if parent else self._nothing_keeps(manifest)
        )
        pull = self.last_pull.get(manifest.digest)
        if pull is None or self.evidence.now - pull >= PULLED_LATELY:
            return Judged(manifest, Verdict.DELETE, parent, (reason,))
        pulled = replace(reason, pulled_at=pull)
        return Judged(manifest, Verdict.DELETE, parent, (pulled,), pulled_lately=True)

    def _nothing_keeps(self, manifest: Manifest) -> NothingKeeps:
        by_rules = (rule.get(manifest.digest) for rule in self.passed_over)
        missing_subject = None
        if manifest.kind is ManifestKind.REFERRER:
            missing_subject = manifest.subject or manifest.tag_subjects[0]
        return NothingKeeps(
            tuple(filter(None, by_rules)), missing_subject, is_tagged=bool(manifest.tags)
        )
