"""BatchDeleteImage."""

from collections.abc import Iterable, Mapping

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecr.image_lookup import ImageFailure, ImageId, find_image
from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.ecr.service import ecr, repository_of
from bot.playground.aws.ecr.stored_manifest import StoredManifest
from bot.playground.aws.service import Answer


@ecr.operation("BatchDeleteImage")
def batch_delete_image(params: Params, context: CallContext) -> Answer:
    """Deletes in the order of the request. Failures are part of the answer.

    An image fails if an index listed it before the call: of an index and its child in one call,
    only the index is deleted. This is not documented, but tools needed several passes
    (containers-roadmap#1567).
    """
    repository = repository_of(params, context)
    listed = _indexes_before(repository, params["imageIds"])
    deleted, failures = [], []
    for image_id in params["imageIds"]:
        try:
            deleted += _delete(repository, image_id, listed)
        except ImageFailure as failure:
            failures.append(failure.entry(image_id))
    return {"imageIds": deleted, "failures": failures}


def _indexes_before(
    repository: Repository, image_ids: Iterable[ImageId]
) -> Mapping[str, list[str]]:
    """The indexes that list each image, by the image's digest."""
    digests = {
        repository.digest_by_tag.get(image_id.get("imageTag", ""), image_id.get("imageDigest", ""))
        for image_id in image_ids
    }
    return {digest: repository.indexes_listing(digest) for digest in digests}


def _delete(
    repository: Repository, image_id: ImageId, listed: Mapping[str, list[str]]
) -> list[dict[str, str]]:
    """Deletes a tag, or the image with its last tags. Returns the deleted image IDs."""
    manifest = find_image(repository, image_id)
    tag = image_id.get("imageTag")
    if tag is not None and len(manifest.tags) > 1:
        repository.untag(tag)
        return [{"imageDigest": manifest.digest, "imageTag": tag}]
    if code := repository.deletion_failures.get(manifest.digest):
        raise ImageFailure(code, "Injected by the stand-in")
    if indexes := listed.get(manifest.digest):
        raise ImageFailure(
            "ImageReferencedByManifestList",
            f"Requested image referenced by manifest list: [{', '.join(indexes)}]",
        )
    deleted = _image_ids(manifest)
    repository.remove(manifest)
    return deleted


def _image_ids(manifest: StoredManifest) -> list[dict[str, str]]:
    """The image IDs of a deleted image: one for each tag."""
    digest = {"imageDigest": manifest.digest}
    return [{**digest, "imageTag": tag} for tag in sorted(manifest.tags)] or [digest]
