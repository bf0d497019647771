"""Read-only operations: repositories, images, referrers and tags of resources."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import orjson

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecr.image_lookup import get_image
from bot.playground.aws.ecr.registry import Registry
from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.ecr.service import (
    ecr,
    invalid,
    next_page,
    registry_of,
    repository_named,
    repository_of,
)
from bot.playground.aws.ecr.stored_manifest import StoredManifest
from bot.playground.aws.errors import AwsError
from bot.playground.aws.protocols.json import json_form
from bot.playground.aws.service import Answer, RenderedAnswer
from bot.playground.aws.validation import check_answer

if TYPE_CHECKING:
    from botocore.model import ListShape, Shape


@ecr.operation("DescribeRepositories")
def describe_repositories(params: Params, context: CallContext) -> Answer:
    registry = registry_of(params, context)
    if names := params.get("repositoryNames"):
        _reject_paging_with("repositoryNames", params)
        return {"repositories": [described(repository_named(registry, name)) for name in names]}
    page = next_page(
        sorted(registry.repositories), params, f"{registry.account}/{registry.region}", default=100
    )
    answer: dict[str, Any] = {
        "repositories": [described(registry.repositories[name]) for name in page.keys]
    }
    return answer | page.token_member


def described(repository: Repository) -> dict[str, Any]:
    """A repository in answers of CreateRepository and DescribeRepositories."""
    filters = [{"filterType": "WILDCARD", "filter": text} for text in repository.exclusions]
    return {
        "repositoryArn": repository.arn,
        "registryId": repository.account,
        "repositoryName": repository.name,
        "repositoryUri": repository.uri,
        "createdAt": repository.created_at,
        "imageTagMutability": repository.mutability,
        **({"imageTagMutabilityExclusionFilters": filters} if filters else {}),
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }


@ecr.operation("DescribeImages")
def describe_images(params: Params, context: CallContext) -> Answer:
    """Without `filter.imageStatus` only ACTIVE images are listed (model).

    Images in `imageIds` are returned in any status, which is not documented. `maxResults`,
    `nextToken` and, in the stand-in, `filter` are not allowed with `imageIds`.
    """
    repository = repository_of(params, context)
    if image_ids := params.get("imageIds"):
        _reject_paging_with("imageIds", params)
        manifests = [get_image(repository, image_id) for image_id in image_ids]
        return RenderedAnswer(
            {"imageDetails": [_rendered(repository, found) for found in manifests]}
        )
    wanted = params.get("filter", {})
    page = next_page(
        repository.digests,
        params,
        f"{repository.arn} {sorted(wanted.items())}",
        default=100,
        wanted=_wanted(repository, wanted),
    )
    found = [_rendered(repository, repository.manifests[digest]) for digest in page.keys]
    return RenderedAnswer({"imageDetails": found} | page.token_member)


@ecr.operation("ListImages")
def list_images(params: Params, context: CallContext) -> Answer:
    """Lists an image once for each tag, and maxResults counts these entries.

    Without `filter.imageStatus` only ACTIVE images are listed (model).
    """
    repository = repository_of(params, context)
    wanted = params.get("filter", {})
    matches = _wanted(repository, wanted)
    page = next_page(
        repository.names,
        params,
        f"{repository.arn} names {sorted(wanted.items())}",
        default=100,
        wanted=lambda name: matches(name.partition(" ")[0]),
    )
    return {"imageIds": [_image_id(name) for name in page.keys]} | page.token_member


def _image_id(name: str) -> dict[str, str]:
    digest, _, tag = name.partition(" ")
    return {"imageDigest": digest, **({"imageTag": tag} if tag else {})}


def _wanted(repository: Repository, wanted: dict[str, str]) -> Callable[[str], bool]:
    status = wanted.get("imageStatus", "ACTIVE")
    tagged = {"TAGGED": True, "UNTAGGED": False}.get(wanted.get("tagStatus", "ANY"))

    def matches(digest: str) -> bool:
        manifest = repository.manifests[digest]
        return status in ("ANY", manifest.status) and tagged in (None, bool(manifest.tags))

    return matches


def _rendered(repository: Repository, manifest: StoredManifest) -> orjson.Fragment:
    """The image's entry, checked and rendered once until the image changes.

    Benchmarks list 100,000 entries repeatedly, and should measure the client.
    """
    if manifest.rendered is None:
        shape = _detail_shape()
        detail = _detail(repository, manifest)
        check_answer(shape, detail)
        manifest.rendered = orjson.Fragment(orjson.dumps(json_form(shape, detail)))
    return cast("orjson.Fragment", manifest.rendered)


@cache
def _detail_shape() -> "Shape":
    return cast("ListShape", ecr.model.shape_for("ImageDetailList")).member


def _detail(repository: Repository, manifest: StoredManifest) -> dict[str, Any]:
    detail = {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "imageDigest": manifest.digest,
        "imageTags": sorted(manifest.tags) or None,
        "imageSizeInBytes": repository.size_of(manifest),
        "imagePushedAt": manifest.pushed_at,
        "imageManifestMediaType": manifest.media_type,
        "artifactMediaType": manifest.artifact_media_type,
        "lastRecordedPullTime": manifest.pulled_at,
        "subjectManifestDigest": manifest.subject,
        "imageStatus": manifest.status,
        "lastArchivedAt": manifest.archived_at,
        "lastActivatedAt": manifest.activated_at,
    }
    return {name: value for name, value in detail.items() if value is not None}


@ecr.operation("ListImageReferrers", action="ecr:BatchGetImage")
def list_image_referrers(params: Params, context: CallContext) -> Answer:
    """20 per page by default, at most 50. Needs the permission for BatchGetImage (model)."""
    repository = repository_of(params, context)
    subject = params["subjectId"]["imageDigest"]
    wanted = params.get("filter", {})
    status, types = wanted.get("artifactStatus", "ACTIVE"), wanted.get("artifactTypes")

    def matches(digest: str) -> bool:
        manifest = repository.manifests[digest]
        return status in ("ANY", manifest.status) and (not types or manifest.artifact_type in types)

    page = next_page(
        repository.referrers_of(subject),
        params,
        f"{repository.arn}@{subject} {status} {types}",
        default=20,
        wanted=matches,
    )
    found = [_referrer(repository, repository.manifests[digest]) for digest in page.keys]
    return {"referrers": found} | page.token_member


def _referrer(repository: Repository, manifest: StoredManifest) -> dict[str, Any]:
    return {
        "digest": manifest.digest,
        "mediaType": manifest.media_type,
        **({"artifactType": manifest.artifact_type} if manifest.artifact_type else {}),
        "size": repository.size_of(manifest),
        **({"annotations": manifest.annotations} if manifest.annotations else {}),
        "artifactStatus": manifest.status,
    }


@ecr.operation("ListTagsForResource", resource=lambda params, _: str(params["resourceArn"]))
def list_tags_for_resource(params: Params, context: CallContext) -> Answer:
    repository = repository_named(*_registry_and_name(params["resourceArn"], context))
    return {"tags": [{"Key": key, "Value": value} for key, value in repository.tags.items()]}


def _registry_and_name(arn: str, context: CallContext) -> tuple[Registry, str]:
    try:
        _arn, _partition, service, region, account, resource = arn.split(":", 5)
        kind, name = resource.split("/", 1)
    except ValueError:
        service = kind = ""
    if (service, kind) != ("ecr", "repository"):
        invalid("resourceArn", "Invalid ARN")
    if region != context.region:
        raise AwsError("InvalidParameterException", f"The resource is not in {context.region}")
    return context.world.registries.at(account, region), name


def _reject_paging_with(names: str, params: Params) -> None:
    for other in ("maxResults", "nextToken", "filter"):
        if other in params:
            invalid(other, f"{other} cannot be used together with {names}")
