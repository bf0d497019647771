"""Changes to images during a run."""

from collections.abc import Callable

import pytest

from bot.core.records import ImageOutcome, PlanRecord
from bot.playground.aws import manifests
from tests.usecases.aws_env import AwsEnv, Killed

AT_ONCE, MANY = 10, 45
"""Images in a batch, with four batches in a round; and more images than a round can send."""


Change = Callable[[AwsEnv, str], object]


def used(aws_env: AwsEnv, victim: str) -> None:
    aws_env.in_use[victim] = ("ECS prod/api",)


def used_after_the_scan(aws_env: AwsEnv, victim: str) -> None:
    used(aws_env, victim)
    aws_env.wait(minutes=10, seconds=1)


def pinned(aws_env: AwsEnv, victim: str) -> None:
    aws_env.pin(victim)


def retagged(aws_env: AwsEnv, victim: str) -> None:
    aws_env.aws.world.retag(aws_env.shelf.repository, victim, "prod")


def pulled(aws_env: AwsEnv, victim: str) -> None:
    aws_env.wait(minutes=6)
    aws_env.shelf.pull(victim, aws_env.clock())


def listed(aws_env: AwsEnv, victim: str) -> None:
    text = aws_env.aws.world.manifest(aws_env.shelf.repository, victim).text
    aws_env.shelf.push(manifests.index([manifests.ChildManifest(text)]), "multi", age=0)


def signed(aws_env: AwsEnv, victim: str) -> None:
    text = aws_env.aws.world.manifest(aws_env.shelf.repository, victim).text
    aws_env.shelf.push(manifests.referrer(text), age=0)


def signed_by_tag(aws_env: AwsEnv, victim: str) -> None:
    text = aws_env.aws.world.manifest(aws_env.shelf.repository, victim).text
    aws_env.shelf.push(manifests.cosign_signature(text), manifests.cosign_tag(text), age=0)


def gone(aws_env: AwsEnv, victim: str) -> None:
    aws_env.aws.world.remove(aws_env.shelf.repository, victim)


def die_during_a_call(aws_env: AwsEnv, execute: Callable[[], object]) -> None:
    """Kills the worker when the call is sent, so its answer is lost."""

    def die() -> None:
        aws_env.hook = lambda _: None
        raise Killed

    aws_env.after("mark_sent", 1, die)
    with pytest.raises(Killed):
        execute()


def archived(aws_env: AwsEnv, victim: str) -> None:
    aws_env.aws.world.archive(aws_env.shelf.repository, victim)


def releases(aws_env: AwsEnv, number: int) -> None:
    """The first ones are older, so they are deleted."""
    for each in range(number + 2):
        aws_env.shelf.image(f"1.{each}", age=100 - each / 10)


def victim_of(aws_env: AwsEnv, plan: PlanRecord) -> str:
    """1.0, which is in the last batch whatever its digest is."""
    digest: str = aws_env.shelf.repository.digest_by_tag["1.0"]
    assert aws_env.outcomes(plan)[digest] is ImageOutcome.PENDING
    return digest
