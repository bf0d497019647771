"""Describes images of one repository by digest or by tag."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from bot.aws.errors import error_code
from bot.core.errors import FailedAwsCall, ServiceError

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient
    from types_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef

DESCRIBE = "ecr:DescribeImages"


@dataclass(frozen=True, slots=True)
class ImageLookup:
    """`by`: what names the images. `account`: of the registry."""

    ecr: "ECRClient"
    account: str
    repository: str
    by: Literal["imageDigest", "imageTag"]

    def find(self, names: Sequence[str]) -> Mapping[str, "ImageDetailTypeDef"]:
        """Describes the images that exist, by name; 100 names at most (API reference,
        DescribeImages).

        ECR rejects the whole call if an image does not exist, and names one such image in the error
        (API reference, DescribeImages). So n missing images cost n more calls. If the error names
        no image, the batch is split in halves, down to single images.

        Raises ClientError, and ServiceError if the answer omits an image.
        """
        batches, found = [names] if names else [], dict[str, "ImageDetailTypeDef"]()
        while batches:
            batch = batches.pop()
            try:
                found |= self._describe(batch)
            except ClientError as error:
                if error_code(error) != "ImageNotFoundException":
                    raise
                batches += self._without_missing(batch, error)
        return found

    def _describe(self, names: Sequence[str]) -> Mapping[str, "ImageDetailTypeDef"]:
        answer = self.ecr.describe_images(
            registryId=self.account,
            repositoryName=self.repository,
            imageIds=[self._id(name) for name in names],
        )
        found = {
            name: detail for detail in answer["imageDetails"] for name in self._names_of(detail)
        }
        if left_out := len(set(names) - found.keys()):
            raise ServiceError(
                f"{DESCRIBE} on {self.repository} omitted {left_out} of {len(names)} images "
                "without an error: try again",
                FailedAwsCall(DESCRIBE),
            )
        return {name: found[name] for name in names}

    def _id(self, name: str) -> "ImageIdentifierTypeDef":
        return {"imageDigest": name} if self.by == "imageDigest" else {"imageTag": name}

    def _names_of(self, detail: "ImageDetailTypeDef") -> Sequence[str]:
        if self.by == "imageDigest":
            return [detail["imageDigest"]]
        return detail.get("imageTags", [])

    def _without_missing(self, batch: Sequence[str], error: ClientError) -> Iterator[Sequence[str]]:
        """The batches that still have to be described."""
        named = re.search(rf"{self.by}:'([^']*)'", error.response["Error"]["Message"])
        if named and named[1] in batch:
            parts = [[name for name in batch if name != named[1]]]
        elif len(batch) > 1:
            middle = len(batch) // 2
            parts = [[*batch[:middle]], [*batch[middle:]]]
        else:
            parts = []
        return filter(None, parts)
