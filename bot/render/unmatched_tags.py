"""Sentences about tags that no keep rule could match."""

from bot.core.plan import ImageGroupCounts
from bot.core.unmatched_tags import UnmatchedTags
from bot.render.quantities import count


def unmatched_words(unmatched: UnmatchedTags) -> str:
    """`41 tags match no keep rule: main-*, prod, staging …`"""
    examples = ", ".join(unmatched.examples)
    covered = len(unmatched.examples) == unmatched.count
    number = count(unmatched.count, "tag matches", "tags match")
    return f"{number} no keep rule: {examples}{'' if covered else ' …'}"


def forgotten_words(images: ImageGroupCounts) -> str:
    """`12 of 30 images to delete have only tags that no keep rule matches`"""
    have = "has" if images.forgotten == 1 else "have"
    return (
        f"{images.forgotten:,} of {count(images.to_delete, 'image')} to delete {have} only tags "
        "that no keep rule matches"
    )
