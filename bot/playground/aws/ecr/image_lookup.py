"""Finds an image by digest or tag, with ECR's failures."""

import re
from collections.abc import Mapping
from typing import Any

from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.ecr.stored_manifest import StoredManifest
from bot.playground.aws.errors import AwsError

ImageId = Mapping[str, str]
_DIGEST = re.compile(r"[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+")


class ImageFailure(Exception):  # noqa: N818 - the API's word
    """The failure of one image in a batch."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def entry(self, image_id: ImageId) -> dict[str, Any]:
        """The entry in `failures[]`."""
        return {
            "imageId": dict(image_id),
            "failureCode": self.code,
            "failureReason": self.reason,
        }


def not_found() -> ImageFailure:
    return ImageFailure("ImageNotFound", "Requested image not found")


def find_image(repository: Repository, image_id: ImageId) -> StoredManifest:
    """The manifest with this digest, this tag, or both; raises ImageFailure."""
    digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
    if digest is None and tag is None:
        raise ImageFailure(
            "MissingDigestAndTag",
            "Invalid request parameters: both tag and digest cannot be null",
        )
    if digest is not None and not _DIGEST.fullmatch(digest):
        raise ImageFailure(
            "InvalidImageDigest",
            "Invalid request parameters: image digest should satisfy the regex "
            f"'{_DIGEST.pattern}'",
        )
    tagged = repository.digest_by_tag.get(tag) if tag is not None else digest
    manifest = repository.manifests.get(digest or tagged or "")
    if manifest is None or tagged is None:
        raise not_found()
    if tagged != manifest.digest:
        raise ImageFailure(
            "ImageTagDoesNotMatchDigest", "Requested image digest does not match the image tag"
        )
    return manifest


def get_image(repository: Repository, image_id: ImageId) -> StoredManifest:
    """Like `find_image`, for operations on single images: raises AwsError."""
    try:
        return find_image(repository, image_id)
    except ImageFailure as failure:
        if failure.code in ("MissingDigestAndTag", "InvalidImageDigest"):
            raise AwsError("InvalidParameterException", failure.reason) from None
        raise _image_not_found(repository, image_id) from None


def _image_not_found(repository: Repository, image_id: ImageId) -> AwsError:
    digest, tag = image_id.get("imageDigest", "null"), image_id.get("imageTag", "null")
    return AwsError(
        "ImageNotFoundException",
        f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist "
        f"within the repository with name '{repository.name}' in the registry with id "
        f"'{repository.account}'",
    )
