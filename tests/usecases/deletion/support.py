"""What happens to images while a plan runs."""

from collections.abc import Callable

import pytest

from bot.core.records import ImageOutcome, PlanRecord
from bot.playground.aws import manifests
from tests.usecases.site import Killed, Site

AT_ONCE, MANY = 10, 45
"""Images in a batch, of which a round has four; and more images than a round takes."""


Change = Callable[[Site, str], object]


def used(site: Site, victim: str) -> None:
    site.in_use[victim] = ("ECS prod/api",)


def used_while_a_scan_held(site: Site, victim: str) -> None:
    used(site, victim)
    site.wait(minutes=10, seconds=1)


def pinned(site: Site, victim: str) -> None:
    site.pin(victim)


def retagged(site: Site, victim: str) -> None:
    site.aws.world.retag(site.shelf.repository, victim, "prod")


def pulled(site: Site, victim: str) -> None:
    site.wait(minutes=6)
    site.shelf.pull(victim, site.clock())


def listed(site: Site, victim: str) -> None:
    text = site.aws.world.manifest(site.shelf.repository, victim).text
    site.shelf.push(manifests.index([manifests.Child(text)]), "multi", age=0)


def signed(site: Site, victim: str) -> None:
    text = site.aws.world.manifest(site.shelf.repository, victim).text
    site.shelf.push(manifests.referrer(text), age=0)


def signed_by_tag(site: Site, victim: str) -> None:
    text = site.aws.world.manifest(site.shelf.repository, victim).text
    site.shelf.push(manifests.cosign_signature(text), manifests.cosign_tag(text), age=0)


def gone(site: Site, victim: str) -> None:
    site.aws.world.remove(site.shelf.repository, victim)


def die_with_a_call_in_flight(site: Site, carry_out: Callable[[], object]) -> None:
    """The call is about to leave, and nobody will ever read its answer."""

    def die() -> None:
        site.hook = lambda _: None
        raise Killed

    site.after("mark_sent", 1, die)
    with pytest.raises(Killed):
        carry_out()


def archived(site: Site, victim: str) -> None:
    site.aws.world.archive(site.shelf.repository, victim)


def releases(site: Site, number: int) -> None:
    """The first are older, so that they go."""
    for each in range(number + 2):
        site.shelf.image(f"1.{each}", age=100 - each / 10)


def victim_of(site: Site, plan: PlanRecord) -> str:
    """1.0, which goes in the last batch, whatever its digest."""
    digest: str = site.shelf.repository.digest_by_tag["1.0"]
    assert site.outcomes(plan)[digest] is ImageOutcome.PENDING
    return digest
