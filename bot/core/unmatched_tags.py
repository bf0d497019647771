"""Tags that no keep rule could ever match: a forgotten rule deletes the images that it forgot."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.core.policy import Policy

MOST_EXAMPLES = 5

_BEGINNING = re.compile(r"[A-Za-z][A-Za-z0-9]*?[-._]|[A-Za-z]+(?=[0-9])|")
"""Letters up to a separator or a number; nothing for tags that start with a number."""

_SHORTEST_BEGINNING = 2


@dataclass(frozen=True, slots=True)
class UnmatchedTags:
    """`count`: of the tags in the repository. `examples`: tags, or globs for several tags with the
    same beginning; those for most tags first, at most `MOST_EXAMPLES`."""

    count: int = 0
    examples: tuple[str, ...] = ()


NO_UNMATCHED_TAGS = UnmatchedTags()


def is_unmatched(policy: Policy | None, tag: str) -> bool:
    """Whether only rules of time could keep an image with this tag. Without a policy every image is
    kept."""
    return policy is not None and not any(rule.could_keep(tag) for rule in policy.keep)


def find_unmatched_tags(policy: Policy | None, tags: Iterable[str]) -> UnmatchedTags:
    """`tags`: each once."""
    unmatched = [tag for tag in tags if is_unmatched(policy, tag)]
    return UnmatchedTags(len(unmatched), _examples(unmatched))


def _examples(tags: Iterable[str]) -> tuple[str, ...]:
    beginnings = {tag: _beginning(tag) for tag in sorted(tags)}
    sizes = Counter(beginnings.values())
    examples = Counter(_example(tag, start, sizes) for tag, start in beginnings.items())
    return tuple(example for example, _ in examples.most_common(MOST_EXAMPLES))


def _beginning(tag: str) -> str:
    found = _BEGINNING.match(tag)
    start = found[0] if found else ""
    return start if len(start) >= _SHORTEST_BEGINNING else ""


def _example(tag: str, beginning: str, sizes: Mapping[str, int]) -> str:
    return f"{beginning}*" if beginning and sizes[beginning] > 1 else tag
