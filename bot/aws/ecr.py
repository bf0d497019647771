"""Reads repositories, images and manifests from Amazon ECR."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from bot.aws.aws_api import is_same_principal
from bot.aws.errors import error_code, explain_errors
from bot.aws.iam_policy import partition_of
from bot.aws.image_lookup import DESCRIBE, ImageLookup
from bot.aws.sessions import client_of
from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.manifest import (
    KNOWN_TYPES,
    DescribedImage,
    ImageStatus,
    ManifestContent,
    ManifestReadFailure,
    MissingInAnswer,
    UnreadCause,
)
from bot.core.manifest_content import digested_text, read_content
from bot.core.repository import (
    Puller,
    RegistryId,
    RepositoryId,
    is_repository_name,
    pullers,
)
from bot.parallel import cached_method
from bot.ports import DatedAnswer, ManifestText

if TYPE_CHECKING:
    import boto3
    from botocore.paginate import Paginator
    from types_boto3_ecr import ECRClient
    from types_boto3_ecr.type_defs import (
        ImageDetailTypeDef,
        RepositoryTypeDef,
    )
    from types_boto3_sts import STSClient
    from types_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

PAGE = 1000
"""Largest page of DescribeImages, DescribeRepositories, ListImages and
ListPullTimeUpdateExclusions: API reference, maxResults."""


class EcrRegistry:
    """The registry of one account in one Region. Defaults: the caller's account, and the session's
    Region."""

    read_at_once = 100
    """Limit of BatchGetImage: API reference, imageIds."""

    def __init__(
        self, session: "boto3.Session", region: str | None = None, account: str | None = None
    ) -> None:
        self.session = session
        self._configured_region = region
        self.account = account

    @property
    def region(self) -> str:
        return self._ecr.meta.region_name

    def id(self) -> RegistryId:
        with explain_errors("sts:GetCallerIdentity", self._label):
            return RegistryId(self.account or self._caller["Account"], self.region)

    def repositories(self) -> Iterator[RepositoryId]:
        with explain_errors("ecr:DescribeRepositories", self._label):
            pages = self._ecr.get_paginator("describe_repositories").paginate(
                **self._registry, PaginationConfig={"PageSize": PAGE}
            )
            for page in pages:
                for entry in page["repositories"]:
                    yield self._repository(entry)

    def repository(self, name: str) -> RepositoryId | None:
        with explain_errors("ecr:DescribeRepositories", self._label):
            try:
                answer = self._ecr.describe_repositories(**self._registry, repositoryNames=[name])
            except ClientError as error:
                if error_code(error) == "RepositoryNotFoundException":
                    return None
                raise
            return self._repository(answer["repositories"][0])

    def resource_tags(self, repository: RepositoryId) -> Mapping[str, str]:
        with _calling("ecr:ListTagsForResource", repository):
            answer = self._ecr.list_tags_for_resource(resourceArn=_arn(repository))
            return {tag["Key"]: tag.get("Value", "") for tag in answer["tags"]}

    def describe(self, repository: RepositoryId) -> Iterator[DescribedImage]:
        with _calling(DESCRIBE, repository):
            for page in self._pages("describe_images", repository):
                yield from map(_described, page["imageDetails"])

    def read(
        self, repository: RepositoryId, batch: Sequence[DescribedImage]
    ) -> DatedAnswer[ManifestContent | ManifestReadFailure]:
        answer, failures = self._read(repository, [each.digest for each in batch])
        contents = {
            entry.digest: read_content(entry.digest, found.text, entry.media_type)
            if (found := answer.found.get(entry.digest)) is not None
            else ManifestReadFailure(_why_unread(failures.get(entry.digest)))
            for entry in batch
        }
        return DatedAnswer(contents, answer.answered_at, answer.text_bytes)

    def digests(self, repository: RepositoryId) -> Iterator[str]:
        """ListImages returns an image once for each of its tags. This yields each digest once."""
        seen: set[str] = set()
        with _calling("ecr:ListImages", repository):
            for page in self._pages("list_images", repository):
                named = dict.fromkeys(entry["imageDigest"] for entry in page["imageIds"])
                yield from (digest for digest in named if digest not in seen)
                seen.update(named)

    def describe_some(
        self, repository: RepositoryId, digests: Sequence[str]
    ) -> Mapping[str, DescribedImage]:
        account, name = repository.registry.account, repository.name
        with _calling(DESCRIBE, repository):
            found = ImageLookup(self._ecr, account, name, "imageDigest").find(digests)
            return {digest: _described(detail) for digest, detail in found.items()}

    def digests_of_tags(self, name: str, tags: Sequence[str]) -> Mapping[str, str]:
        if not is_repository_name(name):
            return {}
        with explain_errors(DESCRIBE, f"{name} in {self._label}"):
            try:
                found = ImageLookup(self._ecr, self.id().account, name, "imageTag").find(tags)
            except ClientError as error:
                if error_code(error) == "RepositoryNotFoundException":
                    return {}
                raise
            return {tag: detail["imageDigest"] for tag, detail in found.items()}

    def texts(self, repository: RepositoryId, digests: Sequence[str]) -> DatedAnswer[ManifestText]:
        """Leaves out texts that do not match their digest."""
        answer, _ = self._read(repository, digests)
        texts = answer.found
        verified = {
            digest: texts[digest]
            for digest in digests
            if digest in texts and _matches_digest(digest, texts[digest])
        }
        return DatedAnswer(verified, answer.answered_at, answer.text_bytes)

    def _read(
        self, repository: RepositoryId, digests: Sequence[str]
    ) -> tuple[DatedAnswer[ManifestText], Mapping[str, str]]:
        """Returns the manifest texts, and the failure of each manifest that cannot be read."""
        with _calling("ecr:BatchGetImage", repository):
            answer = self._ecr.batch_get_image(
                registryId=repository.registry.account,
                repositoryName=repository.name,
                imageIds=[{"imageDigest": digest} for digest in digests],
                acceptedMediaTypes=sorted(KNOWN_TYPES),
            )
            texts = {
                image["imageId"]["imageDigest"]: ManifestText(
                    image.get("imageManifestMediaType"), image["imageManifest"]
                )
                for image in answer["images"]
            }
            failures = {
                failure["imageId"]["imageDigest"]: f"ECR answered {failure['failureCode']}"
                for failure in answer.get("failures", ())
            }
            text_bytes = sum(len(found.text) for found in texts.values())
            return DatedAnswer(texts, _answered_at(answer), text_bytes), failures

    def _pages(
        self, operation: Literal["describe_images", "list_images"], repository: RepositoryId
    ) -> Iterator[Any]:
        """Lists images of every status. Without a filter ECR lists only active images."""
        paginator: Paginator[Any] = self._ecr.get_paginator(operation)
        return iter(
            paginator.paginate(
                registryId=repository.registry.account,
                repositoryName=repository.name,
                filter={"tagStatus": "ANY", "imageStatus": "ANY"},
                PaginationConfig={"PageSize": PAGE},
            )
        )

    def pullers(self, repository: RepositoryId) -> frozenset[Puller]:
        with explain_errors("ecr:GetRepositoryPolicy", repository.uri):
            try:
                answer = self._ecr.get_repository_policy(
                    registryId=repository.registry.account, repositoryName=repository.name
                )
            except ClientError as error:
                if error_code(error) == "RepositoryPolicyNotFoundException":
                    return self._pullers_of_registry_policy()
                raise
            return self._pullers_of_registry_policy() | pullers(answer["policyText"])

    @cached_method
    def _pullers_of_registry_policy(self) -> frozenset[Puller]:
        """Principals that may pull by the registry policy, since its scope V2 (ECR user guide,
        Private registry permissions). Ignores which repositories the policy names."""
        self._require_own_account("ecr:GetRegistryPolicy")
        with explain_errors("ecr:GetRegistryPolicy", self._label):
            try:
                answer = self._ecr.get_registry_policy()
            except ClientError as error:
                if error_code(error) == "RegistryPolicyNotFoundException":
                    return frozenset()
                raise
            return pullers(answer["policyText"])

    def deleted_also_in(self, repository: RepositoryId) -> tuple[RegistryId, ...]:
        return tuple(
            sorted(
                {
                    RegistryId(destination["registryId"], destination["region"])
                    for rule in self._replication_rules()
                    if rule.get("deleteReplication", {}).get("enabled")
                    and _rule_covers(rule, repository.name)
                    for destination in rule["destinations"]
                },
                key=str,
            )
        )

    @cached_method
    def _replication_rules(self) -> list[Any]:
        """DescribeRegistry only describes the registry of the caller's account."""
        self._require_own_account("ecr:DescribeRegistry")
        with explain_errors("ecr:DescribeRegistry", self._label):
            answer: dict[str, Any] = {**self._ecr.describe_registry()}
            rules: list[Any] = answer["replicationConfiguration"]["rules"]
            return rules

    @cached_method
    def layers_stay_within_repositories(self) -> bool:
        self._require_own_account("ecr:GetAccountSetting")
        with explain_errors("ecr:GetAccountSetting", self._label):
            return self._ecr.get_account_setting(name="BLOB_MOUNTING")["value"] == "DISABLED"

    @cached_method
    def records_our_pulls(self) -> bool:
        self._require_own_account("ecr:ListPullTimeUpdateExclusions")
        with explain_errors("sts:GetCallerIdentity", self._label):
            caller = self._caller["Arn"]
        return not any(is_same_principal(caller, exempt) for exempt in self._exempt_principals())

    def _exempt_principals(self) -> Iterator[str]:
        request: dict[str, Any] = {"maxResults": PAGE}
        with explain_errors("ecr:ListPullTimeUpdateExclusions", self._label):
            while True:
                answer = self._ecr.list_pull_time_update_exclusions(**request)
                yield from answer["pullTimeUpdateExclusions"]
                if not (token := answer.get("nextToken")):
                    return
                request["nextToken"] = token

    def _require_own_account(self, action: str) -> None:
        """Raises ServiceError if the registry belongs to another account, since AWS only returns
        settings of the caller's account."""
        if self.account and self._caller.get("Account") != self.account:
            raise ServiceError(
                f"{action} only works for the caller's own account, not for {self.account}: give "
                "that registry a role_arn"
            )

    @cached_property
    def _ecr(self) -> "ECRClient":
        with explain_errors("ecr", "the registry", is_call=False):
            client: ECRClient = client_of(self.session, "ecr", self._configured_region)
            return client

    @cached_property
    def _caller(self) -> "GetCallerIdentityResponseTypeDef":
        with explain_errors("sts:GetCallerIdentity", self._label):
            sts: STSClient = client_of(self.session, "sts", self.region)
            return sts.get_caller_identity()

    @property
    def _label(self) -> str:
        owner = f"registry {self.account}" if self.account else "the registry"
        return f"{owner} in {self.region}"

    @property
    def _registry(self) -> dict[str, Any]:
        return {"registryId": self.account} if self.account else {}

    def _repository(self, entry: "RepositoryTypeDef") -> RepositoryId:
        registry = RegistryId(entry["registryId"], self.region)
        return RepositoryId(registry, entry["repositoryName"], entry["repositoryUri"])


@contextmanager
def _calling(action: str, repository: RepositoryId) -> Iterator[None]:
    """Raises RequestError if the repository does not exist."""
    with explain_errors(action, repository.uri):
        try:
            yield
        except ClientError as error:
            if error_code(error) == "RepositoryNotFoundException":
                raise RequestError(f"{repository.uri} no longer exists") from error
            raise


def _arn(repository: RepositoryId) -> str:
    """Service Authorization Reference, ECR, resource types."""
    account, region = repository.registry.account, repository.registry.region
    return f"arn:{partition_of(region)}:ecr:{region}:{account}:repository/{repository.name}"


def _rule_covers(rule: dict[str, Any], name: str) -> bool:
    """Whether a replication rule covers the repository. A rule without filters covers every
    repository. Filters are prefixes (API reference, RepositoryFilter)."""
    filters = rule.get("repositoryFilters")
    return not filters or any(name.startswith(each["filter"]) for each in filters)


def _answered_at(answer: Mapping[str, Any]) -> datetime | None:
    """The time of the answer by ECR's clock, in seconds (RFC 9110, Date). None without a valid
    date."""
    headers = answer["ResponseMetadata"].get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (LookupError, ValueError, TypeError):
        return None


def _matches_digest(digest: str, found: ManifestText) -> bool:
    return digested_text(digest, found.text, found.media_type) is not None


def _described(detail: "ImageDetailTypeDef") -> DescribedImage:
    media_type, config_type = detail.get("imageManifestMediaType"), detail.get("artifactMediaType")
    return DescribedImage(
        digest=detail["imageDigest"],
        tags=tuple(detail.get("imageTags", ())),
        pushed_at=detail.get("imagePushedAt"),
        pulled_at=detail.get("lastRecordedPullTime"),
        size_bytes=detail.get("imageSizeInBytes", 0),
        status=sys.intern(detail.get("imageStatus", ImageStatus.ACTIVE.value)),
        media_type=media_type and sys.intern(media_type),
        config_type=config_type and sys.intern(config_type),
        subject=detail.get("subjectManifestDigest"),
        restored_at=detail.get("lastActivatedAt"),
    )


def _why_unread(failure: str | None) -> UnreadCause:
    return MissingInAnswer() if failure is None else ErrorText(failure)
