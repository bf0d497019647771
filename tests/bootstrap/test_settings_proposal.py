"""Every file that `init` proposes is read again, with the entry that was proposed for each
repository."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bootstrap.settings_proposal import read_proposed_file
from bot.core.proposed_policies import RepositoryContent, propose_policies
from bot.core.proposed_settings import ProposedCluster, SettingsProposal, UnscannedPullers
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import UnscannedRegion
from bot.render.proposed_settings import proposed_file
from tests.support import NOW

HERE, THERE = RegistryId("123456789012", "eu-west-1"), RegistryId("123456789012", "us-east-1")
NAMES = ["team/api", "team/api-2", "team", "shop/web", "no", "1.5"]
TAGS = ["1.2.3", "true", "null", "0x1F", "1e3", "_", "a_b", "main-7", "feature-x-1", "feature-y-2"]
TAGS += ["latest", "NO", "2026-11-28", "12", "hotfix", "a" * 128, "v1", "git-abc1234"]

contents = st.builds(
    RepositoryContent,
    repository=st.builds(
        lambda registry, name: RepositoryId(
            registry,
            name,
            f"{registry.account}.dkr.ecr.{registry.region}.amazonaws.com/{name}",
        ),
        st.sampled_from([HERE, THERE]),
        st.sampled_from(NAMES),
    ),
    images=st.integers(1, 9),
    tags=st.lists(st.sampled_from(TAGS), unique=True).map(tuple),
    has_images=st.just(value=True),
    lifecycle_policy=st.none(),
)


def proposal(found: list[RepositoryContent]) -> SettingsProposal:
    return SettingsProposal(
        at=NOW,
        partition="aws-cn",
        registries=(HERE, THERE),
        policies=propose_policies(found),
        clusters=(ProposedCluster("prod", "prod"), ProposedCluster("1", "true")),
        workload_regions=(UnscannedRegion(RegistryId("123456789012", "sa-east-1"), ("ecs",)),),
        pullers=UnscannedPullers({"*": ("team",), "210987654321": ("team",)}, {"*": ("team",)}),
    )


@given(st.lists(contents, unique_by=lambda content: content.repository))
def test_the_file_gives_each_repository_its_entry(found: list[RepositoryContent]) -> None:
    proposed = proposal(found)
    settings = read_proposed_file(proposed_file(proposed), proposed.policies)
    assert settings.usage.regions == ("eu-west-1", "us-east-1", "sa-east-1")
    assert settings.usage.kubernetes is not None
    assert [each.eks for each in settings.usage.kubernetes.clusters] == ["prod", "true"]


def test_an_entry_that_catches_another_repository() -> None:
    repositories = [RepositoryId(HERE, name, f"host/{name}") for name in ("a", "b")]
    tags = ("1.2.3",), ("build-1",)
    found = [
        RepositoryContent(repository, 1, each, has_images=True, lifecycle_policy=None)
        for repository, each in zip(repositories, tags, strict=True)
    ]
    proposed = proposal(found)
    text = proposed_file(proposed).replace("      - a  #", '      - "*"  #')
    with pytest.raises(RuntimeError, match="host/b gets the entry 0"):
        read_proposed_file(text, proposed.policies)
