"""CreateRepository and PutImage."""

import re

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecr.describe_images import described
from bot.playground.aws.ecr.read_images import image_entry
from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.ecr.service import ecr, invalid, registry_of, repository_of
from bot.playground.aws.ecr.stored_manifest import (
    StoredManifest,
    UnreadableManifestError,
    read_manifest,
)
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import Answer

MAX_TAGS_PER_IMAGE = 1000
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,299}")


@ecr.operation("CreateRepository")
def create_repository(params: Params, context: CallContext) -> Answer:
    registry = registry_of(params, context)
    name = params["repositoryName"]
    if name in registry.repositories:
        raise AwsError(
            "RepositoryAlreadyExistsException",
            f"The repository with name '{name}' already exists in the registry with id "
            f"'{registry.account}'",
        )
    filters = params.get("imageTagMutabilityExclusionFilters", ())
    repository = Repository(
        registry.account,
        registry.region,
        name,
        context.now,
        mutability=params.get("imageTagMutability", "MUTABLE"),
        exclusions=[each["filter"] for each in filters],
        tags={tag["Key"]: tag["Value"] for tag in params.get("tags", ())},
    )
    registry.repositories[name] = repository
    return {"repository": described(repository)}


@ecr.operation("PutImage")
def put_image(params: Params, context: CallContext) -> Answer:
    """Stores a manifest, moves a tag, or both. Does not check layers.

    Pushing an archived image again restores it (guide). The push time of a known digest does not
    change (containers-roadmap#2746).
    """
    repository = repository_of(params, context)
    manifest = _manifest_in(params, context)
    tag = params.get("imageTag")
    _check_children(repository, manifest)
    _check_tag(repository, manifest, tag)
    stored = repository.add(manifest)
    if stored.status != "ACTIVE":
        stored.activate(context.now)
    if tag is not None:
        repository.tag(stored, tag)
    return {"image": image_entry(repository, stored, tag)}


def _manifest_in(params: Params, context: CallContext) -> StoredManifest:
    try:
        manifest = read_manifest(
            params["imageManifest"], params.get("imageManifestMediaType"), context.now
        )
    except UnreadableManifestError:
        invalid("ImageManifest", "Invalid JSON syntax")
    if params.get("imageDigest", manifest.digest) != manifest.digest:
        raise AwsError(
            "ImageDigestDoesNotMatchException",
            f"The specified image digest '{params['imageDigest']}' does not match the digest "
            f"that Amazon ECR calculated for the image: '{manifest.digest}'",
        )
    return manifest


def _check_children(repository: Repository, manifest: StoredManifest) -> None:
    missing = [child for child in manifest.children if child not in repository.manifests]
    if missing:
        raise AwsError(
            "ReferencedImagesNotFoundException",
            f"Images with digests '[{', '.join(missing)}]' required for pushing image into "
            f"repository with name '{repository.name}' in the registry with id "
            f"'{repository.account}' do not exist",
        )


def _check_tag(repository: Repository, manifest: StoredManifest, tag: str | None) -> None:
    if tag is not None and not _TAG.fullmatch(tag):
        invalid("imageTag", f"must satisfy regular expression '{_TAG.pattern}'")
    stored = repository.manifests.get(manifest.digest)
    tagged_digest = repository.digest_by_tag.get(tag) if tag is not None else manifest.digest
    if stored is not None and stored.status == "ACTIVE" and tagged_digest == stored.digest:
        raise _image_already_exists(repository, stored, tag)
    if tag is None:
        return
    if tag in repository.digest_by_tag and repository.is_immutable(tag):
        raise _tag_already_exists(repository, tag)
    if stored is not None and len(stored.tags) >= MAX_TAGS_PER_IMAGE and tagged_digest is None:
        raise AwsError(
            "LimitExceededException", f"An image can have at most {MAX_TAGS_PER_IMAGE} tags"
        )


def _image_already_exists(
    repository: Repository, stored: StoredManifest, tag: str | None
) -> AwsError:
    return AwsError(
        "ImageAlreadyExistsException",
        f"Image with digest '{stored.digest}' and tag '{tag or 'null'}' already exists in the "
        f"repository with name '{repository.name}' in registry with id '{repository.account}'",
    )


def _tag_already_exists(repository: Repository, tag: str) -> AwsError:
    return AwsError(
        "ImageTagAlreadyExistsException",
        f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot "
        "be overwritten because the repository is immutable.",
    )
