"""UpdateImageStorageClass: archives at once, restores within 20 minutes."""

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecr.image_lookup import get_image
from bot.playground.aws.ecr.service import ecr, repository_of
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import Answer


@ecr.operation("UpdateImageStorageClass")
def update_image_storage_class(params: Params, context: CallContext) -> Answer:
    """Archives ACTIVE images and restores ARCHIVED images."""
    repository = repository_of(params, context)
    manifest = get_image(repository, params["imageId"])
    target = params["targetStorageClass"]
    if (target, manifest.status) == ("ARCHIVE", "ACTIVE"):
        manifest.archive(context.now)
    elif (target, manifest.status) == ("STANDARD", "ARCHIVED"):
        repository.restore(manifest, context.now)
    else:
        raise AwsError(
            "ImageStorageClassUpdateNotSupportedException",
            f"The image is {manifest.status}; it cannot be moved to {target}",
        )
    return {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "imageId": params["imageId"],
        "imageStatus": manifest.status,
    }
