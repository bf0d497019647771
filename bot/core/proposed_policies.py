"""Proposes entries of `policies` for repositories, by their tags and lifecycle policies.

Errs on the side of keeping: a repository without a proposal has no entry, so all of it is kept.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
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
from bot.core.proposed_rules import KeepAll, KeepNewest, KeepUsedWithin, KeepVersions, ProposedRule
from bot.core.repository import RepositoryId
from bot.core.rules.tag_groups import GroupPattern
from bot.core.tag_schemes import TagKind, TagScheme, find_tag_scheme

NEWEST_SNAPSHOTS = 5
NEWEST_BUILDS = 10
NEWEST_OF_BRANCH = 5
NEWEST_MINORS = 10
NEWEST_PATCHES = 10

USED_WITHIN_DAYS = 30
"""Covers nightly and weekly jobs, and rollbacks to a version of the last weeks."""

MOST_NAMED_TAGS = 20
"""A repository with more tags that are not understood is kept whole."""

MOST_LINES = 5
"""More beginnings of builds are taken for names of branches."""

_CDK_ASSETS = re.compile(r"cdk-[a-z0-9]+-container-assets-\d{12}-[a-z0-9-]+")
"""ECR repositories of `cdk bootstrap`: CDK guide, Customize bootstrapping."""

_SNAPSHOTS = "*SNAPSHOT*"

BARE_HASH = "/[0-9a-f]{7,64}/"

_LINES = (TagKind.BUILD, TagKind.BRANCH, TagKind.HASH)


@dataclass(frozen=True, slots=True)
class RepositoryContent:
    """What `init` found in a repository. `images`: manifests, untagged ones included; `tags`: each
    once; `has_images`: not only artifacts, such as Helm charts. `lifecycle_policy`: its text; None
    if there is none; or why it could not be read. `has_archived`: some images are archived.
    `unread`: why the images could not be listed."""

    repository: RepositoryId
    images: int
    tags: tuple[str, ...]
    has_images: bool
    lifecycle_policy: str | ErrorText | None
    has_archived: bool = False
    unread: ErrorText | None = None


class KeptWholeCause(StrEnum):
    CDK_ASSETS = "cdk_assets"
    EMPTY = "empty"
    UNTAGGED = "untagged"
    ONLY_ARTIFACTS = "only_artifacts"
    UNKNOWN_TAGS = "unknown_tags"
    BRANCHES = "branches"


@dataclass(frozen=True, slots=True)
class ListedScheme:
    """A repository, and how its images are tagged. `pattern`: what the settings call it: its name,
    or its URI if several registries have that name."""

    repository: RepositoryId
    pattern: str
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
    """What repositories of one entry have in common. `rules`: without those for tags by name.
    `unknown`: tags that are not understood. An entry collects the tags that move from all of its
    repositories."""

    rules: tuple[ProposedRule, ...]
    unknown: tuple[str, ...]
    is_translated: bool
    remarks: tuple[UntranslatedRule, ...]


_Proposal: TypeAlias = _Basis | KeptWhole


def propose_policies(contents: Sequence[RepositoryContent]) -> ProposedPolicies:
    """Repositories with the same scheme share an entry. Every repository is in the result once."""
    entries: dict[_Basis, list[ListedScheme]] = {}
    kept_whole: list[KeptWhole] = []
    how_many = Counter(content.repository.name for content in contents)
    for content in sorted(contents, key=_name):
        repository = content.repository
        listed = ListedScheme(
            repository=repository,
            pattern=repository.name if how_many[repository.name] == 1 else repository.uri,
            images=content.images,
            scheme=find_tag_scheme(content.tags),
        )
        basis = _basis_of(content, listed)
        if isinstance(basis, KeptWhole):
            kept_whole.append(basis)
        else:
            entries.setdefault(basis, []).append(listed)
    policies = tuple(_policy(basis, listed) for basis, listed in entries.items())
    return ProposedPolicies(policies, tuple(kept_whole))


def _name(content: RepositoryContent) -> tuple[str, str]:
    return content.repository.name, content.repository.uri


def _basis_of(content: RepositoryContent, listed: ListedScheme) -> _Proposal:
    if why := content.unread or _nothing_to_clean(content):
        return KeptWhole(listed, why)
    if isinstance(content.lifecycle_policy, str):
        translated = translate_lifecycle_policy(
            content.lifecycle_policy, content.tags, has_archived=content.has_archived
        )
        if not isinstance(translated, TranslatedPolicy):
            return KeptWhole(listed, translated.why)
        return _Basis(translated.keep, (), is_translated=True, remarks=translated.remarks)
    if cause := _not_understood(listed.scheme):
        return KeptWhole(listed, cause)
    unknown = listed.scheme.tags_of(TagKind.UNKNOWN)
    return _Basis(tuple(_rules_for(listed.scheme)), unknown, is_translated=False, remarks=())


def _nothing_to_clean(content: RepositoryContent) -> KeptWholeCause | None:
    if _CDK_ASSETS.fullmatch(content.repository.name):
        return KeptWholeCause.CDK_ASSETS
    if not content.images:
        return KeptWholeCause.EMPTY
    if not content.has_images:
        return KeptWholeCause.ONLY_ARTIFACTS
    return None if content.tags else KeptWholeCause.UNTAGGED


def _not_understood(scheme: TagScheme) -> KeptWholeCause | None:
    if len(scheme.tags_of(TagKind.UNKNOWN)) > MOST_NAMED_TAGS:
        return KeptWholeCause.UNKNOWN_TAGS
    if not all(map(_is_grouped, _branch_lines(scheme))):
        return KeptWholeCause.BRANCHES
    return None


def _rules_for(scheme: TagScheme) -> Iterator[ProposedRule]:
    if scheme.of(TagKind.SNAPSHOT):
        yield ProposedRule(KeepNewest(NEWEST_SNAPSHOTS), tags=(_SNAPSHOTS,))
    if scheme.of(TagKind.VERSION, TagKind.PRERELEASE):
        yield ProposedRule(KeepVersions(NEWEST_MINORS, NEWEST_PATCHES))
    for line in _branch_lines(scheme):
        yield ProposedRule(KeepNewest(NEWEST_OF_BRANCH, line.per), tags=line.globs)
    if _lines(scheme) > 1:
        for glob in _globs_of_lines(scheme):
            yield ProposedRule(KeepNewest(NEWEST_BUILDS), tags=(glob,))


def _lines(scheme: TagScheme) -> int:
    """How many lines of images are tagged side by side. Those of a busy line must not count among
    the newest of another."""
    has_versions = bool(scheme.of(TagKind.VERSION, TagKind.PRERELEASE))
    has_bare = _has_bare_hashes(scheme) or bool(scheme.of(TagKind.DATE, TagKind.NUMBER))
    named = [group for group in scheme.of(*_LINES) if group.beginning]
    return len(named) + has_bare + has_versions


def _globs_of_lines(scheme: TagScheme) -> Iterator[str]:
    """Without lines of many branches, dates and numbers."""
    builds = scheme.of(TagKind.BUILD)
    lines = (*(builds if len(builds) <= MOST_LINES else ()), *scheme.of(TagKind.HASH))
    yield from (f"{group.beginning}*" for group in lines if group.beginning)
    if _has_bare_hashes(scheme):
        yield BARE_HASH


def _has_bare_hashes(scheme: TagScheme) -> bool:
    return any(not group.beginning for group in scheme.of(TagKind.HASH))


class _BranchLine(NamedTuple):
    """Builds of many branches. `per`: the pattern that groups them; `globs`: match all of them."""

    per: str
    globs: tuple[str, ...]
    tags: tuple[str, ...]


def _branch_lines(scheme: TagScheme) -> Iterator[_BranchLine]:
    for group in scheme.of(TagKind.BRANCH):
        start = group.beginning
        yield _BranchLine(f"{start}{{branch}}-*", (f"{start}*",), group.tags)
    if len(scheme.of(TagKind.BUILD)) > MOST_LINES:
        yield _BranchLine("{branch}-*", ("*-*",), scheme.tags_of(TagKind.BUILD))


def _is_grouped(line: _BranchLine) -> bool:
    """Whether each tag is in a group. Tags that are not, such as `login_7`, would be forgotten."""
    pattern = GroupPattern(line.per)
    return all(pattern.captured(tag) is not None for tag in line.tags)


def _policy(basis: _Basis, listed: Sequence[ListedScheme]) -> PolicyProposal:
    moved = {tag for each in listed for tag in each.scheme.tags_of(TagKind.MOVED)}
    named = (*sorted(moved), *basis.unknown)
    keep = (*_keep_named(named), *basis.rules)
    if not basis.is_translated:
        keep = (*keep, _rest_rule(named, basis.rules))
    keep = (*keep, ProposedRule(KeepUsedWithin(USED_WITHIN_DAYS)))
    return PolicyProposal(tuple(listed), keep, basis.is_translated, basis.remarks)


def _keep_named(named: tuple[str, ...]) -> Iterator[ProposedRule]:
    if named:
        yield ProposedRule(KeepAll(), tags=named)


def _rest_rule(named: tuple[str, ...], rules: Sequence[ProposedRule]) -> ProposedRule:
    """The newest images with any other tag, so that no rule forgets a tag."""
    others = (glob for rule in rules for glob in rule.tags)
    excepted = dict.fromkeys((*named, *others))
    return ProposedRule(KeepNewest(NEWEST_BUILDS), except_tags=tuple(excepted))
