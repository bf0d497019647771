import pytest

from bot.core.errors import ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.usage_snapshot import ImageUseCollector
from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import Container, pod
from tests.usage.aws_support import digest, image
from tests.usage.kubernetes.conftest import ClusterScan

API = image("team/api")
REPOSITORY = API.partition(":")[0]


@pytest.mark.parametrize("scheme", ["", "docker-pullable://"])
def test_running_images_have_their_digest(cluster: Cluster, scan: ClusterScan, scheme: str) -> None:
    cluster.apply(pod("p", API, image_id=f"{scheme}{REPOSITORY}@{digest(1)}"))
    assert (f"{REPOSITORY}@{digest(1)}", "Pod default/p") in scan()


def test_an_image_id_of_another_repository_protects_the_digest_everywhere(
    cluster: Cluster, scan: ClusterScan
) -> None:
    cluster.apply(pod("p", API, image_id=f"docker.io/library/api@{digest(1)}"))
    index = ImageUseCollector(RegistryHosts({}))
    for image_use in scan.image_uses():
        index.add(image_use)
    assert index.snapshot((), ()).by_digest[digest(1)] == ("Kubernetes prod: Pod default/p",)


@pytest.mark.parametrize("image_id", [digest(9), f"docker://{digest(9)}", "9" * 64])
def test_a_config_digest_is_an_error(cluster: Cluster, scan: ClusterScan, image_id: str) -> None:
    cluster.apply(pod("p", API, image_id=image_id))
    with pytest.raises(ServiceError, match="Pod default/p: the image of container"):
        scan()


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("the pod names a digest itself", f"{REPOSITORY}:1@{digest(2)}"),
        ("the image is of another registry", "docker.io/library/redis:7"),
    ],
)
def test_a_harmless_config_digest(
    cluster: Cluster, scan: ClusterScan, what: str, named: str
) -> None:
    cluster.apply(pod("p", named, image_id=digest(9)))
    assert scan() == {(named, "Pod default/p"), (digest(9), "Pod default/p")}, what


def test_a_config_digest_of_init_and_ephemeral_containers(
    cluster: Cluster, scan: ClusterScan
) -> None:
    redis = "docker.io/library/redis:7"
    cluster.apply(pod("p", redis, ephemeral=[Container(API, digest(9), "debug")]))
    with pytest.raises(ServiceError, match="container debug"):
        scan()


def test_an_image_that_is_not_pulled_yet(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(pod("p", API, image_id=""))
    assert scan() == {(API, "Pod default/p")}
