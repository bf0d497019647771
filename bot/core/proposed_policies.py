"""Proposes entries of `policies` for repositories, by their tags and lifecycle policies.

Errs on the side of keeping: a repository without a proposal has no entry, so all of it is kept.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from bot.core.errors import ErrorText
from bot.core.lifecycle_policies import LifecycleFault
from bot.core.lifecycle_translation import (
    NoTranslation,
    TranslatedPolicy,
    UntranslatedRule,
    translate_lifecycle_policy,
)
from bot.core.proposed_rules import KeepAll, KeepNewest, KeepVersions, ProposedRule
from bot.core.repository import RepositoryId
from bot.core.tag_schemes import TagKind, TagScheme, find_tag_scheme

NEWEST_SNAPSHOTS = 5
NEWEST_BUILDS = 10
NEWEST_MINORS = 10

MOST_NAMED_TAGS = 20
"""A repository with more tags that are not understood is kept whole."""

_CDK_ASSETS = re.compile(r"cdk-[a-z0-9]+-container-assets-\d{12}-[a-z0-9-]+")
"""ECR repositories of `cdk bootstrap`: CDK guide, Customize bootstrapping."""

_SNAPSHOTS = "*SNAPSHOT*"


@dataclass(frozen=True, slots=True)
class RepositoryContent:
    """What `init` found in a repository. `images`: manifests, untagged ones included; `tags`: each
    once; `has_images`: not only artifacts, such as Helm charts. `lifecycle_policy`: its text; None
    if there is none; or why it could not be read."""

    repository: RepositoryId
    images: int
    tags: tuple[str, ...]
    has_images: bool
    lifecycle_policy: str | ErrorText | None


class KeptWholeCause(StrEnum):
    CDK_ASSETS = "cdk_assets"
    EMPTY = "empty"
    UNTAGGED = "untagged"
    ONLY_ARTIFACTS = "only_artifacts"
    UNKNOWN_TAGS = "unknown_tags"
    BRANCHES = "branches"


@dataclass(frozen=True, slots=True)
class ListedScheme:
    """A repository, and how its images are tagged."""

    repository: RepositoryId
    images: int
    scheme: TagScheme


@dataclass(frozen=True, slots=True)
class KeptWhole:
    """A repository without an entry."""

    listed: ListedScheme
    why: KeptWholeCause | LifecycleFault | NoTranslation | ErrorText


@dataclass(frozen=True, slots=True)
class PolicyProposal:
    """An entry of `policies` for these repositories. `is_translated`: from lifecycle policies that
    are all the same, with these `remarks`."""

    repositories: tuple[ListedScheme, ...]
    keep: tuple[ProposedRule, ...]
    is_translated: bool = False
    remarks: tuple[UntranslatedRule, ...] = ()


class ProposedPolicies(NamedTuple):
    policies: tuple[PolicyProposal, ...]
    kept_whole: tuple[KeptWhole, ...]


class _Basis(NamedTuple):
    """What repositories of one entry have in common. `rules`: without those for tags by name, which
    an entry collects from its repositories."""

    rules: tuple[ProposedRule, ...]
    is_translated: bool
    remarks: tuple[UntranslatedRule, ...]


_Proposal: TypeAlias = _Basis | KeptWhole


def propose_policies(contents: Iterable[RepositoryContent]) -> ProposedPolicies:
    """Repositories with the same scheme share an entry. Every repository is in the result once."""
    entries: dict[_Basis, list[ListedScheme]] = {}
    kept_whole: list[KeptWhole] = []
    for content in contents:
        scheme = find_tag_scheme(content.tags)
        listed = ListedScheme(content.repository, content.images, scheme)
        basis = _basis_of(content, listed)
        if isinstance(basis, KeptWhole):
            kept_whole.append(basis)
        else:
            entries.setdefault(basis, []).append(listed)
    policies = tuple(_proposal(basis, listed) for basis, listed in entries.items())
    return ProposedPolicies(policies, tuple(kept_whole))


def _basis_of(content: RepositoryContent, listed: ListedScheme) -> _Proposal:
    if why := _why_kept_whole(content, listed.scheme):
        return KeptWhole(listed, why)
    if isinstance(content.lifecycle_policy, str):
        translated = translate_lifecycle_policy(content.lifecycle_policy, content.tags)
        if not isinstance(translated, TranslatedPolicy):
            return KeptWhole(listed, translated.why)
        return _Basis(translated.keep, is_translated=True, remarks=translated.remarks)
    return _Basis(tuple(_rules_for(listed.scheme)), is_translated=False, remarks=())


def _why_kept_whole(content: RepositoryContent, scheme: TagScheme) -> KeptWholeCause | None:
    causes = {
        KeptWholeCause.CDK_ASSETS: _CDK_ASSETS.fullmatch(content.repository.name),
        KeptWholeCause.EMPTY: not content.images,
        KeptWholeCause.ONLY_ARTIFACTS: not content.has_images,
        KeptWholeCause.UNTAGGED: not content.tags,
        KeptWholeCause.UNKNOWN_TAGS: len(scheme.tags_of(TagKind.UNKNOWN)) > MOST_NAMED_TAGS,
        KeptWholeCause.BRANCHES: scheme.of(TagKind.BRANCH),
    }
    return next((cause for cause, applies in causes.items() if applies), None)


def _rules_for(scheme: TagScheme) -> Iterator[ProposedRule]:
    if scheme.of(TagKind.SNAPSHOT):
        yield ProposedRule(KeepNewest(NEWEST_SNAPSHOTS), tags=(_SNAPSHOTS,))
    if scheme.of(TagKind.VERSION, TagKind.PRERELEASE):
        yield ProposedRule(KeepVersions(NEWEST_MINORS))
    if _lines(scheme) > 1:
        for group in scheme.of(TagKind.BUILD):
            yield ProposedRule(KeepNewest(NEWEST_BUILDS), tags=(f"{group.beginning}*",))


def _lines(scheme: TagScheme) -> int:
    """How many lines of builds are tagged side by side."""
    has_bare = bool(scheme.of(TagKind.HASH, TagKind.DATE, TagKind.NUMBER))
    return len(scheme.of(TagKind.BUILD)) + has_bare


def _proposal(basis: _Basis, listed: Sequence[ListedScheme]) -> PolicyProposal:
    named = tuple(sorted({tag for each in listed for tag in _named_tags(each.scheme)}))
    keep = (*_keep_named(named), *basis.rules)
    if not basis.is_translated:
        keep = (*keep, _rest_rule(named, basis.rules))
    return PolicyProposal(tuple(listed), keep, basis.is_translated, basis.remarks)


def _named_tags(scheme: TagScheme) -> tuple[str, ...]:
    return scheme.tags_of(TagKind.MOVED, TagKind.UNKNOWN)


def _keep_named(named: tuple[str, ...]) -> Iterator[ProposedRule]:
    if named:
        yield ProposedRule(KeepAll(), tags=named)


def _rest_rule(named: tuple[str, ...], rules: Sequence[ProposedRule]) -> ProposedRule:
    """The newest images with any other tag, so that no rule forgets a tag."""
    others = (glob for rule in rules for glob in rule.tags)
    return ProposedRule(KeepNewest(NEWEST_BUILDS), except_tags=(*named, *others))
