"""Why a manifest could not be read: values with fields. `bot/render/obstacles.py` words them."""

from dataclasses import dataclass
from typing import TypeAlias

from bot.core.sentence import Sentence


@dataclass(frozen=True, slots=True)
class DigestDiffers:
    """ECR returned a text that does not match the manifest's digest."""


@dataclass(frozen=True, slots=True)
class NotJson:
    """The text is no JSON."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """`how`: a part of a sentence, of whatever reads the text."""

    how: str


@dataclass(frozen=True, slots=True)
class TypeUnknown:
    """`type`: what the text names, as it is written there."""

    type: str


@dataclass(frozen=True, slots=True)
class TypesDiffer:
    by_ecr: str
    by_text: str


@dataclass(frozen=True, slots=True)
class IndexWithLayers:
    """ECR calls it an index."""


@dataclass(frozen=True, slots=True)
class ImageWithManifests:
    """ECR calls it an image, and its text lists other manifests."""


@dataclass(frozen=True, slots=True)
class LaterSchema:
    """ECR calls it a schema 1 manifest."""


@dataclass(frozen=True, slots=True)
class InArchive:
    """ECR gives no text of archived images."""


@dataclass(frozen=True, slots=True)
class MediaTypeUnknown:
    """`type`: what ECR calls it."""

    type: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Of ECR's answer."""


TypeDoubt: TypeAlias = (
    TypeUnknown | TypesDiffer | IndexWithLayers | ImageWithManifests | LaterSchema
)
"""The text is something else than ECR describes."""

UnreadCause: TypeAlias = (
    DigestDiffers
    | NotJson
    | Malformed
    | TypeDoubt
    | InArchive
    | MediaTypeUnknown
    | LeftOut
    | Sentence
)
