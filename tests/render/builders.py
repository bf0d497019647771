"""Plans to render. The core makes them from a repository that is described in a few words."""

from datetime import timedelta
from typing import Any

from bot.core.manifest import (
    OCI_MANIFEST,
    Blob,
    DescribedImage,
    Manifest,
    ManifestContent,
    ManifestReadFailure,
    make_manifest,
)
from bot.core.patterns import Patterns
from bot.core.plan import Plan, make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.repository import RegistryId, RepositoryId
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import TagFilter
from bot.core.savings import SavingsTerms
from tests.support import NOW

HERE = RepositoryId(
    RegistryId("123456789012", "eu-west-1"),
    "team/api",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api",
)
GB = 2**30
CONFIG = "application/vnd.oci.image.config.v1+json"


def image(
    number: int,
    *tags: str,
    size: int = GB,
    age: float | None = 40,
    pulled: float | None = None,
    shared: int = 0,
    content: ManifestContent | ManifestReadFailure | None = None,
    media_type: str = OCI_MANIFEST,
) -> Manifest:
    """A manifest whose digest is made from `number`. `shared`: bytes of a layer that all images
    share."""
    own = Blob(f"sha256:{number:064}", size)
    base = (Blob(f"sha256:{'f' * 64}", shared),) if shared else ()
    return make_manifest(
        DescribedImage(
            digest=f"sha256:{number:064}",
            tags=tags,
            pushed_at=None if age is None else NOW - timedelta(days=age),
            pulled_at=None if pulled is None else NOW - timedelta(days=pulled),
            size_bytes=size + shared,
            media_type=media_type,
            config_type=CONFIG,
        ),
        content or ManifestContent(media_type, CONFIG, (own, *base)),
    )


def plan(*manifests: Manifest, newest: int = 0, exact: bool = True, **inputs: Any) -> Plan:
    policy = Policy(timedelta(), Patterns(), (NewestRule(newest, TagFilter()),))
    found = PlanInputs(policy, NOW, **inputs)
    return make_plan(HERE, manifests, found, SavingsTerms(0.10, layers_stay_within=exact))
