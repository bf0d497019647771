"""The section `policies` of the settings file that `ecr-clean init` prints."""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from bot.core.errors import ErrorText
from bot.core.lifecycle_policies import LifecycleFault
from bot.core.lifecycle_translation import (
    UNTAGGED_DAYS,
    LifecycleRemark,
    NoTranslation,
    UntranslatedRule,
)
from bot.core.proposed_policies import (
    NEWEST_MINORS,
    NEWEST_PATCHES,
    USED_WITHIN_DAYS,
    KeptWhole,
    KeptWholeCause,
    ListedScheme,
    PolicyProposal,
    ProposedPolicies,
)
from bot.core.proposed_rules import KeepVersions
from bot.core.tag_schemes import TagGroup, TagKind
from bot.render.quantities import count
from bot.render.settings_text import WIDTH, comment, rule_lines, value_text

_KINDS: Mapping[TagKind, tuple[str, str]] = {
    TagKind.MOVED: ("tag that moves", "tags that move"),
    TagKind.SNAPSHOT: ("snapshot", "snapshots"),
    TagKind.VERSION: ("version", "versions"),
    TagKind.PRERELEASE: (
        "pre-release or build of a version",
        "pre-releases and builds of versions",
    ),
    TagKind.BRANCH: ("build of branches", "builds of branches"),
    TagKind.BUILD: ("build", "builds"),
    TagKind.HASH: ("commit hash", "commit hashes"),
    TagKind.DATE: ("date", "dates"),
    TagKind.NUMBER: ("number", "numbers"),
    TagKind.REFERRER: ("signature or attestation", "signatures and attestations"),
    TagKind.UNKNOWN: ("tag of no known kind", "tags of no known kind"),
}
"""One, and several."""

MOST_NAMED = 3
"""Of more tags of a kind, a comment names the first and the last."""

DEFAULT_POLICIES = """\
  - repositories: ["*"]
    keep:
      - {tags: ["*latest*"]}
      - {newest: 5, tags: ["*SNAPSHOT*"]}
      - {newest: 10, except_tags: ["*SNAPSHOT*", "*latest*"]}"""


def policies_section(
    proposed: ProposedPolicies, *, with_comments: Sequence[str] = ()
) -> Iterator[str]:
    """The key `policies`. `with_comments`: what concerns all entries."""
    if not proposed.policies and not proposed.kept_whole:
        yield from comment("There is no repository yet. These are the defaults of ecr-clean:")
        yield "policies:"
        yield DEFAULT_POLICIES
        return
    yield from comment(
        "Which images to keep. An image is kept if a workload uses it, if it is younger than "
        "min_age (24h), or if one rule of its repository's entry keeps it. A repository without "
        "an entry is kept whole, also one that is created later."
    )
    if any(_keeps_versions(policy) for policy in proposed.policies):
        yield from comment(
            f"semver keeps, of each major version, the newest {NEWEST_MINORS} minor versions, each "
            f"with its newest {NEWEST_PATCHES} patches."
        )
    if proposed.policies:
        yield from comment(
            f"used_within keeps images that workloads used in the last {USED_WITHIN_DAYS} days: "
            "those of nightly jobs, and those that a rollback starts."
        )
    for each in with_comments:
        yield from comment(each)
    yield from _entries(proposed)
    yield from _kept_whole(proposed.kept_whole)


def _keeps_versions(policy: PolicyProposal) -> bool:
    return any(isinstance(rule.by, KeepVersions) for rule in policy.keep)


def _entries(proposed: ProposedPolicies) -> Iterator[str]:
    if not proposed.policies:
        yield "policies: []"
        return
    yield "policies:"
    for number, policy in enumerate(proposed.policies):
        if number:
            yield ""
        yield from _entry(policy)


def _entry(policy: PolicyProposal) -> Iterator[str]:
    if policy.is_translated:
        yield from comment(_translated_words(len(policy.repositories)), indent=2)
    for remark in policy.remarks:
        yield from comment(_remark_words(remark), 2, "- ")
    yield "  - repositories:"
    for each in policy.repositories:
        yield from _item_lines(each)
    yield "    keep:"
    for rule in policy.keep:
        yield from rule_lines(rule, indent=6)


def _item_lines(listed: ListedScheme) -> Iterator[str]:
    """The comment stands behind the repository, or above it if it is long."""
    words = _scheme_words(listed)
    item = f"      - {value_text(listed.pattern)}"
    line = f"{item}  # {words}"
    if len(line) <= WIDTH:
        yield line
    else:
        yield from comment(words, indent=6)
        yield item


def _translated_words(repositories: int) -> str:
    if repositories == 1:
        return "Translated from its lifecycle policy."
    return "Translated from their lifecycle policies, which have the same rules."


def _scheme_words(listed: ListedScheme) -> str:
    """`45 manifests: 39 versions (1.0.0 … 1.38.0), 1 tag that moves (latest)`"""
    groups = ", ".join(map(_group_words, listed.scheme.groups)) or "no tags"
    return f"{count(listed.images, 'manifest')}: {groups}"


def _group_words(group: TagGroup) -> str:
    one, many = _KINDS[group.kind]
    number = count(len(group.tags), one, many)
    if group.kind is TagKind.REFERRER:
        return number
    return f"{number} ({_range_words(group.tags)})"


def _range_words(tags: Sequence[str]) -> str:
    if len(tags) <= MOST_NAMED:
        return ", ".join(tags)
    return f"{tags[0]} … {tags[-1]}"


def _remark_words(remark: UntranslatedRule) -> str:
    rule = f"Its rule {remark.priority}"
    match remark.remark:
        case LifecycleRemark.ARCHIVES:
            return (
                f"{rule} archives images, which ecr-clean does not do: it keeps those that the "
                "rule selects, and what is archived."
            )
        case LifecycleRemark.DELETES_ARCHIVED:
            return f"{rule} deletes archived images. ecr-clean keeps them."
        case LifecycleRemark.NEEDS_ALL_TAGS:
            return (
                f"{rule} is for images that have a tag for each of its patterns. No keep rule can "
                "say that, so images with any of these tags are kept."
            )
        case LifecycleRemark.UNTAGGED_BY_AGE:
            which = "It deletes no untagged images"
            if remark.priority is not None:
                which = f"{rule} does not go by the age of untagged images"
            return (
                f"{which}. Keep rules can keep those by age alone: here for {UNTAGGED_DAYS} days, "
                "and longer while they are in use."
            )
        case _:
            assert_never(remark.remark)


def _kept_whole(kept: Sequence[KeptWhole]) -> Iterator[str]:
    if not kept:
        return
    yield ""
    yield from comment("Kept whole, since no entry names them:", indent=2)
    for each in kept:
        yield from comment(_kept_words(each), 2, "- ")


def _kept_words(kept: KeptWhole) -> str:
    found = f"{kept.listed.pattern}, {_scheme_words(kept.listed)}"
    match kept.why:
        case ErrorText(text):
            return f"{kept.listed.pattern}: its images could not be listed: {text}"
        case KeptWholeCause() as cause:
            return f"{found}. {_CAUSES[cause]}"
        case NoTranslation() as cause:
            return f"{found}. {_UNTRANSLATED[cause]}"
        case LifecycleFault():
            return f"{found}. Its lifecycle policy is not understood: write an entry by hand."
        case _:
            assert_never(kept.why)


_CAUSES: Mapping[KeptWholeCause, str] = {
    KeptWholeCause.CDK_ASSETS: (
        'It holds the assets of many CDK apps side by side, of which "the newest 10" would delete '
        "those of apps that are seldom deployed."
    ),
    KeptWholeCause.EMPTY: "There is nothing to keep yet.",
    KeptWholeCause.UNTAGGED: "No image has a tag.",
    KeptWholeCause.ONLY_ARTIFACTS: (
        "It holds no container images. To clean up charts and the like, list their types under "
        "artifact_types."
    ),
    KeptWholeCause.UNKNOWN_TAGS: (
        "Its tags follow no scheme that init knows: write an entry by hand."
    ),
    KeptWholeCause.BRANCHES: (
        "Builds of many branches, whose tags no pattern groups: the newest of all of them would "
        "delete those of quiet branches. Write an entry by hand."
    ),
}

_UNTRANSLATED: Mapping[NoTranslation, str] = {
    NoTranslation.ONLY_ARCHIVES: "Its lifecycle policy archives images, and deletes only those.",
    NoTranslation.COUNTS_BESIDE_ARCHIVE: (
        "Its lifecycle policy counts images, and there are or will be archived ones. ECR does not "
        "count these, and ecr-clean does: write an entry by hand."
    ),
    NoTranslation.CASE_MATTERS: (
        "Its lifecycle policy depends on the case of tags, which keep rules ignore: write an entry "
        "by hand."
    ),
}
