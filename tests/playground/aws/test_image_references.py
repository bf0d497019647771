"""Image references to the stand-in's registries."""

import pytest

from bot.playground.aws import AwsStandIn

from .helpers import pushed

HOSTS = {
    "plain": "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    "FIPS": "123456789012.dkr.ecr-fips.eu-west-1.amazonaws.com",
    "dual stack": "123456789012.dkr-ecr.eu-west-1.on.aws",
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS.keys())
def test_every_host_of_a_registry(aws: AwsStandIn, host: str) -> None:
    _, latest = pushed(aws, "latest")
    _, release = pushed(aws, "1.0")
    digest_of = aws.world.ecs().location.shared.digest_of
    assert digest_of(f"{host}/team/api") == latest
    assert digest_of(f"{host}/team/api:1.0") == release
    assert digest_of(f"{host}/team/api:1.0@sha256:abc") == "sha256:abc"
    assert digest_of(f"{host}/team/api:2.0") is None
    assert digest_of(f"{host}/no/such") is None


def test_references_in_china_and_to_other_registries(aws: AwsStandIn) -> None:
    reference, digest = pushed(aws, "1.0", region="cn-north-1")
    digest_of = aws.world.ecs().location.shared.digest_of
    assert "amazonaws.com.cn/" in reference
    assert digest_of(reference) == digest
    assert digest_of("docker.io/library/nginx:1") is None
