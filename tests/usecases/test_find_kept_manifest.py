"""What was in a manifest that is gone."""

import pytest

from bot.core.errors import RequestError
from bot.core.records import PlanRecord
from bot.usecases.explanations import find_kept_manifest
from tests.support import image_text
from tests.usecases.site import Site


@pytest.fixture
def plan(site: Site) -> PlanRecord:
    """Carried out: 1.0 is deleted, 1.1 was used again, and spared."""
    for number in range(4):
        site.shelf.image(f"1.{number}", age=60 - number)
    plan = site.approved()
    site.in_use[site.shelf.repository.digest_by_tag["1.1"]] = ("somebody",)
    return site.carry_out(plan)


def digest_of(site: Site, plan: PlanRecord, tag: str) -> str:
    return next(digest for digest, item in site.items(plan).items() if tag in item.tags)


@pytest.mark.parametrize("length", [None, 64 + 7, 7 + 6])
def test_by_tag_digest_and_the_beginning_of_one(
    site: Site, plan: PlanRecord, length: int | None
) -> None:
    reference = "1.0" if length is None else digest_of(site, plan, "1.0")[:length]
    assert find_kept_manifest(site.store, plan, reference).text == image_text("1.0")


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("2.0", "deletes nothing that is called 2.0"),
        ("sha256:", "deletes nothing that is called sha256:"),
        ("1.1", "its outcome is spared"),
    ],
)
def test_what_there_is_nothing_of(site: Site, plan: PlanRecord, reference: str, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        find_kept_manifest(site.store, plan, reference)


def test_a_beginning_of_several(
    site: Site, plan: PlanRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.naming._SHORTEST", len("sha256:"))
    with pytest.raises(RequestError, match="may be any of sha256:"):
        find_kept_manifest(site.store, plan, "sha256:")
