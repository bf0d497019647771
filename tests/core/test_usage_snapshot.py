"""Image uses by repository."""

from datetime import UTC, datetime

import pytest

from bot.core.errors import ErrorText
from bot.core.image_references import MalformedReferenceError, RegistryHosts
from bot.core.patterns import Patterns
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import (
    ImageUse,
    RepositoryUsage,
    SourceScan,
    TagRun,
    TagRunner,
    UnresolvedTagReference,
)
from bot.core.usage_snapshot import ImageUseCollector, UsageSnapshot
from tests.core.problems import problem_of

IRELAND = RegistryId("123456789012", "eu-west-1")
OREGON = RegistryId("123456789012", "us-west-2")
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
RUNS, MOVED = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def usage(
    *image_uses: ImageUse, of: str = "team/api", registry: RegistryId = IRELAND
) -> RepositoryUsage:
    return snapshot(*image_uses).usage_of(RepositoryId(registry, of, f"{HOST}/{of}"))


def usage_of(found: UsageSnapshot, name: str) -> RepositoryUsage:
    return found.usage_of(RepositoryId(IRELAND, name, f"{HOST}/{name}"))


def snapshot(*image_uses: ImageUse) -> UsageSnapshot:
    index = ImageUseCollector(RegistryHosts({"images.corp.example": IRELAND}))
    for image_use in image_uses:
        index.add(image_use)
    return index.snapshot([], [])


def test_the_running_digest_and_the_tag_are_in_use() -> None:
    found = usage(ImageUse(f"{HOST}/team/api:1.4.0", "ECS prod/api", digest=RUNS))
    assert found.users_of(RUNS, ()) == ("ECS prod/api",)
    assert found.users_of(MOVED, ("1.4.0",)) == ("ECS prod/api",)
    assert found.users_of(MOVED, ("1.5.0",)) == ()


def test_with_tag_and_digest_both_are_in_use() -> None:
    found = usage(ImageUse(f"{HOST}/team/api:1.4.0@{RUNS}", "x"))
    assert found.users_of(RUNS, ()) == found.users_of(MOVED, ("1.4.0",)) == ("x",)


def test_a_digest_protects_in_every_repository_even_of_another_registry() -> None:
    found = usage(ImageUse(f"docker.io/library/nginx@{RUNS}", "x"), of="mirror/nginx")
    assert found.users_of(RUNS, ()) == ("x",)


def test_a_tag_protects_only_in_its_repository() -> None:
    image_use = ImageUse(f"{HOST}/team/api:1", "x")
    assert usage(image_use, of="team/web").users_of(MOVED, ("1",)) == ()
    assert usage(image_use, registry=OREGON).users_of(MOVED, ("1",)) == ()
    assert usage(ImageUse("team/api:1", "Docker Hub's")).users_of(MOVED, ("1",)) == ()


def test_an_alias_resolves_to_its_registry() -> None:
    found = usage(ImageUse("Images.corp.example/team/api:1", "x"))
    assert found.users_of(MOVED, ("1",)) == ("x",)


VOLUME = UnresolvedTagReference(TagRunner.POD_VOLUME, datetime(2026, 11, 23, tzinfo=UTC))


def test_runs_without_a_digest_are_listed_by_tag() -> None:
    by_tag = ImageUse(f"{HOST}/team/api:1", "pod", unresolved=VOLUME)
    by_digest = ImageUse(f"{HOST}/team/api:2@{RUNS}", "pod", unresolved=VOLUME)
    told = ImageUse(f"{HOST}/team/api:3", "pod", RUNS, VOLUME)
    found = snapshot(by_tag, by_tag, by_digest, told, ImageUse(f"{HOST}/team/api:4", "pod"))
    here = RepositoryId(IRELAND, "team/api", f"{HOST}/team/api")
    assert found.tag_runs_of(here) == {"1": {TagRun("pod", VOLUME)}}
    there = RepositoryId(OREGON, "team/api", "elsewhere")
    assert found.tag_runs_of(there) == {}
    assert found.tag_runs_of(there, [IRELAND]) == {"1": {TagRun("pod", VOLUME)}}


def test_each_user_is_listed_once() -> None:
    image_uses = [ImageUse(f"{HOST}/team/api:1", name, digest=RUNS) for name in "ba"]
    assert usage(*image_uses).users_of(RUNS, ("1",)) == ("a", "b")


def failed(
    snapshot: UsageSnapshot, name: str, registry: RegistryId = IRELAND
) -> tuple[SourceScan, ...]:
    return snapshot.usage_of(RepositoryId(registry, name, f"{HOST}/{name}")).failed


def test_an_invalid_reference_blocks_the_repositories_that_it_may_mean() -> None:
    found = snapshot(ImageUse(f"{HOST}/Team/API:${{TAG}}", "ECS prod/api"))
    (scan,) = failed(found, "team/api")
    assert (scan.source, scan.scope) == ("references", f"{HOST}/team/api")
    assert f"'{HOST}/Team/API:${{TAG}}' (used by ECS prod/api) cannot be read" in problem_of(scan)
    assert not failed(found, "team/apis")
    assert not failed(found, "team/api", OREGON)


def test_an_invalid_reference_to_a_replica_blocks_the_repository() -> None:
    found = snapshot(ImageUse("123456789012.dkr.ecr.us-west-2.amazonaws.com/team/api:", "x"))
    here = RepositoryId(IRELAND, "team/api", "")
    assert found.usage_of(here, deleted_also_in=[OREGON]).failed
    assert not found.usage_of(here).failed


def test_an_invalid_reference_without_a_readable_host_is_an_error() -> None:
    with pytest.raises(MalformedReferenceError, match=r"ECS prod/api: .*ACCOUNT"):
        snapshot(ImageUse("$ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com/api", "ECS prod/api"))


def test_an_invalid_reference_still_names_its_registry() -> None:
    index = ImageUseCollector(RegistryHosts({}))
    assert index.add(ImageUse(f"{HOST}/team/api:", "x")) == {IRELAND}
    assert index.add(ImageUse("nginx:", "x")) == set()


def test_an_invalid_running_digest_blocks_the_repository() -> None:
    found = snapshot(ImageUse(f"{HOST}/team/api:1", "x", digest="nothing"))
    (scan,) = failed(found, "team/api")
    assert f"'{HOST}/team/api:1@nothing'" in problem_of(scan)
    assert not failed(found, "team/web")


def test_image_and_running_digest_are_both_invalid() -> None:
    found = snapshot(ImageUse(f"{HOST}/team/api@sha256:1", "x", digest="sha256:1"))
    assert failed(found, "team/api")
    assert not failed(found, "team/web")
    found = snapshot(ImageUse(f"{HOST}/team/api:", "x", digest=RUNS))
    assert found.by_digest == {RUNS: ("x",)}


@pytest.mark.parametrize(
    "glob",
    [f"{HOST}/ecr-proxy/*", f"{HOST}/ecr-proxy/team/api", f"{HOST}/ecr-proxy/team/api:1"],
)
def test_the_settings_may_ignore_a_reference(glob: str) -> None:
    index = ImageUseCollector(RegistryHosts({}), Patterns.of(glob))
    index.add(ImageUse(f"{HOST}/ecr-proxy/team/api:1", "x"))
    found = index.snapshot([], [])
    assert not found.mentions.ending_in("team/api")
    assert usage_of(found, "ecr-proxy/team/api").users_of(MOVED, ("1",)) == ("x",)


def test_the_settings_may_ignore_an_invalid_reference() -> None:
    index = ImageUseCollector(RegistryHosts({}), Patterns.of("*{{*"))
    index.add(ImageUse(f"{HOST}/team/api:{{{{version}}}}", "x"))
    index.add(ImageUse("{{account}}.dkr.ecr.eu-west-1.amazonaws.com/team/api:1", "x"))
    assert not failed(index.snapshot([], []), "team/api")


def test_repositories_are_found_by_the_end_of_their_name() -> None:
    found = snapshot(
        ImageUse(f"{HOST}/a/b/api:1", "y"),
        ImageUse(f"{HOST}/a/b/api:2", "x"),
        ImageUse(f"{HOST}/api@{RUNS}", "z"),
        ImageUse("docker.io/a/api:1", "z"),
    )
    assert [each.order for each in found.mentions.ending_in("api")] == [(f"{HOST}/a/b/api:1", "y")]
    assert found.mentions.ending_in("api") == found.mentions.ending_in("b/api")
    assert found.mentions.ending_in("a/b/api") == ()
    assert [each.name for each in found.mentions] == ["a/b/api", "api"]


def test_a_guessed_registry_need_not_have_the_repository() -> None:
    """A file with docker.io/library/redis does not block a repository named redis."""
    found = snapshot(ImageUse(f"{HOST}/docker.io/library/redis:7", "x", is_guess=True))
    assert not [*found.mentions]
    assert found.usage_of(RepositoryId(IRELAND, "docker.io/library/redis", "")).by_tag == {
        "7": ("x",)
    }


def test_a_host_with_an_alias_and_other_images() -> None:
    index = ImageUseCollector(RegistryHosts({"harbor.example.com/ecr-proxy": IRELAND}))
    assert index.add(ImageUse("harbor.example.com/library/nginx:1", "x")) == set()
    assert index.add(ImageUse("harbor.example.com/library/Nginx:1", "x")) == set()
    found = index.snapshot([], [])
    assert (found.unreadable, [*found.mentions]) == ((), [])


def test_of_an_unpullable_reference_only_the_digest_counts() -> None:
    assert usage(ImageUse(f"TODO@{RUNS}", "x")).users_of(RUNS, ()) == ("x",)


def test_scans_of_a_run_and_of_one_repository_are_combined() -> None:
    run, own = (
        SourceScan("ecs", "here", 3),
        SourceScan("repository policy", "team/api", 0, ErrorText("denied")),
    )
    found = ImageUseCollector(RegistryHosts({})).snapshot([run], ["lambda"])
    told = found.usage_of(RepositoryId(IRELAND, "team/api", ""), [own])
    assert told.scans == (run, own)
    assert told.failed == (own,)
    assert told.not_checked == ("lambda",)


@pytest.mark.parametrize(
    ("image_use", "why"),
    [
        (
            ImageUse("123456789012.dkr.ecr.x.amazonaws.example/api:1", "x"),
            "looks like an ECR registry",
        ),
        (ImageUse("api:1", "x", digest="api:1"), "is not the digest"),
    ],
)
def test_a_reference_to_an_unknown_registry_is_an_error(image_use: ImageUse, why: str) -> None:
    with pytest.raises(MalformedReferenceError, match=why):
        snapshot(image_use)


def test_tags_of_replicas_protect_too() -> None:
    there = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
    found = snapshot(
        ImageUse(f"{HOST}/team/api:1", "a"), ImageUse(f"{there}/team/api:1", "b")
    ).usage_of(RepositoryId(IRELAND, "team/api", ""), deleted_also_in=[OREGON])
    assert found.users_of(MOVED, ("1",)) == ("a", "b")
