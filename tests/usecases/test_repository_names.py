"""References to missing repositories that may mean an existing repository."""

from collections.abc import Iterator, Sequence

import pytest

from bot.aws.ecr import EcrRegistry
from bot.aws.sessions import open_session
from bot.core.errors import FailedAwsCall, ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import ImageUse
from bot.core.usage_snapshot import ImageUseCollector, RepositoryMentions
from bot.playground.aws import AwsStandIn
from bot.usecases.repositories import FoundRepository, RepositoryNames
from tests.support import Shelf

HERE = RegistryId("123456789012", "eu-west-1")
FAR = RegistryId("123456789012", "us-east-1")
OTHER = RegistryId("210987654321", "eu-west-1")
LISTING = "ecr:DescribeRepositories"


class RegistryWithoutId(EcrRegistry):
    """Its id cannot be read."""

    def id(self) -> RegistryId:
        raise ServiceError("AWS refused it")


class UnlistableRegistry(EcrRegistry):
    asked = 0

    def repositories(self) -> Iterator[RepositoryId]:
        type(self).asked += 1
        raise ServiceError("AWS refused it", FailedAwsCall(LISTING))


@pytest.fixture
def registries(aws: AwsStandIn, environment: object) -> Sequence[EcrRegistry]:
    del environment
    for name in ("api", "team/api", "team/web"):
        Shelf(aws, name)
    Shelf(aws, "team/api", region="us-east-1")
    session = open_session()
    return [EcrRegistry(session, region=region) for region in ("eu-west-1", "us-east-1")]


def found(registry: EcrRegistry, name: str = "team/api") -> FoundRepository:
    return FoundRepository(RepositoryId(HERE, name, name), registry)


def named(*names: str, registry: RegistryId = HERE) -> RepositoryMentions:
    index = ImageUseCollector(RegistryHosts({}))
    for name in names:
        host = f"{registry.account}.dkr.ecr.{registry.region}.amazonaws.com"
        index.add(ImageUse(f"{host}/{name}:1", "a pod"))
    return index.snapshot((), ()).mentions


def missing(
    registries: Sequence[EcrRegistry],
    names: RepositoryMentions,
    name: str = "team/api",
    deleted_also_in: Sequence[RegistryId] = (),
) -> list[str]:
    asked = RepositoryNames(registries)
    listed = asked.missing(found(registries[0], name), names, deleted_also_in)
    return [naming.name for naming in listed]


@pytest.mark.parametrize(
    ("name", "names", "lost"),
    [
        ("team/api", ["ecr-proxy/team/api"], ["ecr-proxy/team/api"]),
        ("team/api", ["team/api", "web/api", "x/team/apis", "xteam/api"], []),
        ("team/web", ["ecr-proxy/team/api"], []),
        ("api", ["team/api"], []),
        ("api", ["team/api", "ecr-proxy/team/api"], ["ecr-proxy/team/api"]),
    ],
)
def test_missing_repositories_with_a_similar_name(
    name: str, names: list[str], lost: list[str], registries: Sequence[EcrRegistry]
) -> None:
    assert missing(registries, named(*names), name) == lost


def test_a_repository_is_missing_in_another_registry_of_the_settings(
    registries: Sequence[EcrRegistry],
) -> None:
    assert missing(registries, named("proxy/team/api", registry=FAR)) == ["proxy/team/api"]
    assert missing(registries, named("team/api", registry=FAR), "api") == []


def test_registries_outside_of_the_settings_are_unknown(registries: Sequence[EcrRegistry]) -> None:
    assert missing(registries, named("proxy/team/api", registry=OTHER)) == []


def test_replicas_count_as_having_the_same_repositories(registries: Sequence[EcrRegistry]) -> None:
    theirs = named("proxy/team/api", "team/api", registry=OTHER)
    assert missing(registries, theirs, deleted_also_in=[OTHER]) == ["proxy/team/api"]
    assert missing(registries, theirs, "api", deleted_also_in=[OTHER]) == ["proxy/team/api"]


def test_each_registry_is_listed_once_and_on_demand(
    aws: AwsStandIn, registries: Sequence[EcrRegistry]
) -> None:
    names = RepositoryNames(registries)
    for _ in range(3):
        names.missing(found(registries[0]), named("web/api", "api"), ())
    assert aws.world.calls.count(LISTING) == 0
    for name in ("api", "team/api", "team/web"):
        names.missing(found(registries[0], name), named("x/api", "x/team/api", "x/team/web"), ())
    assert aws.world.calls.count(LISTING) == 1


def test_a_failed_listing_is_not_repeated(registries: Sequence[EcrRegistry]) -> None:
    refusing = UnlistableRegistry(open_session())
    names = RepositoryNames(registries)
    for _ in range(2):
        with pytest.raises(ServiceError, match="AWS refused it") as caught:
            names.missing(found(refusing), named("x/team/api"), ())
        assert caught.value.call == FailedAwsCall(LISTING)
    assert refusing.asked == 1


def test_a_registry_whose_id_is_unknown(registries: Sequence[EcrRegistry]) -> None:
    silent = RegistryWithoutId(open_session())
    theirs = named("proxy/team/api", registry=FAR)
    assert missing([silent, *registries], theirs) == ["proxy/team/api"]
    with pytest.raises(ServiceError, match="AWS refused it"):
        missing([registries[0], silent], theirs)
    assert missing([silent], named("proxy/team/api")) == ["proxy/team/api"]
