"""BatchGetImage: manifests as they were pushed, and the trace that reading leaves."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecr.image_lookup import ImageFailure, ImageId, find_image, not_found
from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.ecr.service import ecr, registry_of, repository_of
from bot.playground.aws.ecr.stored_manifest import StoredManifest
from bot.playground.aws.service import Answer


@ecr.operation("BatchGetImage")
def batch_get_image(params: Params, context: CallContext) -> Answer:
    """Reading a manifest is a pull, whoever reads it (containers-roadmap#2390).

    An archived image answers like a missing one (guide: its pull is a 404). So does one whose
    media type is not accepted: the guide knows conversions of images that are pulled by tag, none
    by digest, and a converted manifest would not have the digest that was asked for.
    """
    repository = repository_of(params, context)
    accepted = params.get("acceptedMediaTypes")
    images, failures = [], []
    for image_id in params["imageIds"]:
        try:
            manifest = _readable(repository, image_id, accepted)
        except ImageFailure as failure:
            failures.append(failure.about(image_id))
        else:
            _record_pull(manifest, params, context)
            images.append(image(repository, manifest, image_id.get("imageTag")))
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


def image(repository: Repository, manifest: StoredManifest, tag: str | None) -> dict[str, Any]:
    """An image as BatchGetImage and PutImage show it."""
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
