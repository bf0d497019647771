"""What ECR keeps by a lifecycle policy, written from the ECR user guide, independent of the bot.

All rules are evaluated first. Then the first rule that selects an image decides.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PushedImage:
    """Ages in days. `pulled`: None if never pulled."""

    name: str
    tags: tuple[str, ...]
    age: int
    pulled: int | None = None
    is_archived: bool = False


def kept_by_ecr(rules: Sequence[dict[str, Any]], images: Sequence[PushedImage]) -> set[str]:
    """Images that are neither deleted nor archived now. Archived images are kept."""
    in_order = sorted(rules, key=lambda rule: rule["rulePriority"])
    kept = set()
    for image in images:
        deciding = next((rule for rule in in_order if selects(rule, image)), None)
        if deciding is None or image not in affected(deciding, images):
            kept.add(image.name)
    return kept


def selects(rule: dict[str, Any], image: PushedImage) -> bool:
    selection = rule["selection"]
    if image.is_archived or selection.get("storageClass") == "archive":
        return False
    match selection["tagStatus"]:
        case "any":
            return True
        case "untagged":
            return not image.tags
        case _:
            prefixes = [re.escape(each) + ".*" for each in selection.get("tagPrefixList", ())]
            patterns = [
                ".*".join(map(re.escape, each.split("*")))
                for each in selection.get("tagPatternList", ())
            ]
            return all(
                any(re.fullmatch(wanted, tag) for tag in image.tags)
                for wanted in prefixes + patterns
            )


def affected(rule: dict[str, Any], images: Sequence[PushedImage]) -> list[PushedImage]:
    selection = rule["selection"]
    limit = selection["countNumber"]
    newest_first = sorted(
        (image for image in images if selects(rule, image)), key=lambda image: image.age
    )
    match selection["countType"]:
        case "imageCountMoreThan":
            return newest_first[limit:]
        case "sinceImagePushed":
            return [image for image in newest_first if image.age >= limit]
        case _:
            return [
                image
                for image in newest_first
                if (image.age if image.pulled is None else image.pulled) >= limit
            ]
