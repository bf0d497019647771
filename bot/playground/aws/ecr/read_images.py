"""BatchGetImage, which also records pull times."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecr.image_lookup import ImageFailure, ImageId, find_image, not_found
from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.ecr.service import ecr, registry_of, repository_of
from bot.playground.aws.ecr.stored_manifest import StoredManifest
from bot.playground.aws.service import Answer


@ecr.operation("BatchGetImage")
def batch_get_image(params: Params, context: CallContext) -> Answer:
    """Reading a manifest counts as a pull (containers-roadmap#2390).

    An archived image is not found (guide: a pull gets 404), nor is an image whose media type is not
    accepted. The guide describes conversions only for pulls by tag; a converted manifest would have
    another digest.
    """
    repository = repository_of(params, context)
    accepted = params.get("acceptedMediaTypes")
    images, failures = [], []
    for image_id in params["imageIds"]:
        try:
            manifest = _readable(repository, image_id, accepted)
        except ImageFailure as failure:
            failures.append(failure.entry(image_id))
        else:
            _record_pull(manifest, params, context)
            images.append(image_entry(repository, manifest, image_id.get("imageTag")))
    return {"images": images, "failures": failures}


def _readable(
    repository: Repository, image_id: ImageId, accepted: list[str] | None
) -> StoredManifest:
    manifest = find_image(repository, image_id)
    if manifest.status != "ACTIVE" or (accepted and manifest.media_type not in accepted):
        raise not_found()
    return manifest


def _record_pull(manifest: StoredManifest, params: Params, context: CallContext) -> None:
    if context.principal.iam_arn in registry_of(params, context).pull_time_exclusions:
        return
    age = context.now - manifest.pulled_at if manifest.pulled_at else None
    if age is None or age >= context.world.pull_refresh:
        manifest.pull(context.now)


def image_entry(
    repository: Repository, manifest: StoredManifest, tag: str | None
) -> dict[str, Any]:
    """An image in answers of BatchGetImage and PutImage."""
    return {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "imageId": {
            "imageDigest": manifest.digest,
            **({"imageTag": tag} if tag is not None else {}),
        },
        "imageManifest": manifest.text,
        "imageManifestMediaType": manifest.media_type,
    }
