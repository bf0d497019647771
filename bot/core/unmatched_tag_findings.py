"""The doctor's findings about tags that no keep rule could match."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.core.doctor_findings import DoctorFinding, TagsWithoutRule, warning
from bot.core.manifest import subject_in_tag
from bot.core.policy import PolicyEntry
from bot.core.repository import RepositoryId
from bot.core.settings_patterns import CHECK, TagsOf
from bot.core.unmatched_tags import find_unmatched_tags, is_unmatched


def unmatched_tag_findings(
    policies: Sequence[PolicyEntry], repositories: Sequence[RepositoryId], tags_of: TagsOf
) -> Iterator[DoctorFinding]:
    """One for each policy that leaves out tags. `repositories`: all of all registries."""
    left = list(repositories)
    for number, entry in enumerate(policies):
        covered = [each for each in left if each.matches(entry.repositories)]
        left = [each for each in left if each not in covered]
        unmatched = Counter[str]()
        places = 0
        for repository in covered:
            tags = [tag for tag in tags_of(repository) if subject_in_tag(tag) is None]
            found = [tag for tag in tags if is_unmatched(entry.policy, tag)]
            unmatched.update(found)
            places += bool(found)
        if places:
            tags_found = find_unmatched_tags(entry.policy, unmatched)
            yield warning(CHECK, f"policies[{number}].keep", TagsWithoutRule(tags_found, places))
