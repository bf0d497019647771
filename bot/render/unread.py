"""Why a manifest's text could not be read, as the end of a sentence."""

from typing import assert_never

from bot.core import unread as why
from bot.core.sentence import Sentence
from bot.core.unread import UnreadCause


def unread_words(cause: UnreadCause | None) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a value
    match cause:
        case why.DigestDiffers():
            return "the text that ECR returned does not match its digest"
        case why.NotJson():
            return "its text is not JSON"
        case why.Malformed(how):
            return f"its text is malformed: {how}"
        case why.TypeUnknown(type_):
            return f"its text has the type {type_}, which is unknown"
        case why.TypesDiffer(by_ecr, by_text):
            return f"ECR calls it {by_ecr}, its text {by_text}"
        case why.IndexWithLayers():
            return "ECR calls it an index, but its text has layers"
        case why.ImageWithManifests():
            return "ECR calls it an image, but its text lists other manifests"
        case why.LaterSchema():
            return "ECR calls it a schema 1 manifest, but its text is of a later schema"
        case why.InArchive():
            return "it is archived (restore it, or delete it)"
        case why.MediaTypeUnknown(type_):
            return f"its type {type_} is unknown"
        case why.LeftOut():
            return "ECR's answer leaves it out"
        case None:
            return "its type is unknown"
        case Sentence(text):
            return text
        case _:
            assert_never(cause)
