"""The modal with all manifests of a plan, in pages."""

import re
from collections.abc import Iterable

import pytest

from bot.core.manifest import OCI_INDEX, Manifest, ManifestContent
from bot.core.pins import Pin
from bot.core.plan import Plan
from bot.core.usage import PastTagUser, RepositoryUsage
from bot.slack.action_ids import PlanRef
from bot.slack.api import Json
from bot.slack.messages.images import A_PAGE, images_view
from tests.render.builders import GB, image, plan
from tests.slack.messages.plan_views import (
    ANN,
    STAR,
    USED,
    action_ids,
    checked_view,
    read,
    usual_plan,
    values,
)

REF = PlanRef("p7k2", 1)


def page(content: Plan, number: int = 0) -> Json:
    return checked_view(images_view(content, number, REF))


def buttons(modal: Json) -> list[str]:
    (actions,) = [block for block in modal["blocks"] if block["type"] == "actions"]
    return [element["text"]["text"] for element in actions["elements"]]


def test_a_page() -> None:
    pin = Pin("kept", ANN, "the *audit* of <everything>")
    child = image(1, size=GB)
    index = ManifestContent(OCI_INDEX, children=(child.digest,))
    root = image(2, "multi", content=index, media_type=OCI_INDEX, pulled=3)
    used = image(4, "1.3.0", age=1)
    made = plan(root, child, image(3, "kept", age=2), used, usage=USED, pins=(pin,))
    modal = page(made)
    assert modal["callback_id"] == "images"
    assert read(modal["blocks"]) == (
        f"""\
`team/api`: 2 to delete, 2 to keep
1 to 4 of 4 manifests
# Delete
`multi`: not among the 0 newest images (3rd); last pulled 2026-11-20 12:00 UTC
~ index `sha256:000000000000…` · 1.00 GB · pushed 2026-10-14 · last pulled 2026-11-20
↳ no tag: inherits the verdict of multi (sha256:000000000000…), which lists it
~ image `sha256:000000000000…` · 1.00 GB · pushed 2026-10-14
# Keep
`1.3.0`: is in use by ECS shop/web
~ image `sha256:000000000000…` · 1.00 GB · pushed 2026-11-22
~ used by ECS shop/web
`kept`: kept is pinned by <@U0000000001>: the {STAR}audit{STAR} of &lt;everything&gt;
~ image `sha256:000000000000…` · 1.00 GB · pushed 2026-11-21"""
    )


def test_users_by_a_tag_that_has_moved() -> None:
    users = (PastTagUser("ECS shop/web", "v1", certain=True),)
    made = plan(image(1, "v2"), usage=RepositoryUsage(by_past_tag={image(1).digest: users}))
    words = "ECS shop/web (by the tag v1, which this image had)"
    said = read(page(made)["blocks"])
    assert f"`v2`: is in use by {words}" in said
    assert f"~ used by {words}" in said


def test_an_empty_repository() -> None:
    assert "The repository is empty." in read(page(plan())["blocks"])


@pytest.mark.parametrize("number", [-1, 0, 1, 2, 7])
def test_page_numbers_out_of_range_show_the_first_or_last_page(number: int) -> None:
    made = plan(*(image(n) for n in range(2 * A_PAGE)))
    first = "1 to 20" if number <= 0 else "21 to 40"
    assert f"{first} of 40 manifests" in read(page(made, number)["blocks"])


def test_one_page_has_no_buttons() -> None:
    assert action_ids(page(usual_plan())["blocks"]) == []


def test_page_buttons() -> None:
    made = plan(*(image(n, f"v{n}", age=n + 1) for n in range(200)), newest=95)
    assert buttons(page(made, 0)) == ["Next", "Kept images", "Last"]
    assert buttons(page(made, 3)) == ["First", "Previous", "Next", "Kept images", "Last"]
    assert buttons(page(made, 9)) == ["First", "Kept images", "Previous"]
    assert values(page(made, 3)["blocks"])["images_page:5"] == "p7k2:1:5"
    assert "# Delete" in read(page(made, 5)["blocks"])
    assert "# Keep" in read(page(made, 5)["blocks"])
    assert "# Delete" not in read(page(made, 6)["blocks"])


def test_every_manifest_is_on_exactly_one_page() -> None:
    images = [*_multi_arch(0, 30), *_multi_arch(30, 60)]
    made = plan(*images, newest=9)
    pages = range(-(-len(made.judged) // A_PAGE))
    shown = "\n".join(read(page(made, number)["blocks"]) for number in pages)
    assert len(re.findall(r"^~ (?:image|index) ", shown, re.MULTILINE)) == len(made.judged)
    listed = [line for line in shown.splitlines() if "v" in line and line.startswith("`v")]
    assert len(listed) == len(set(listed)) == 60


def _multi_arch(start: int, end: int) -> Iterable[Manifest]:
    for number in range(start, end):
        child = image(1000 + number)
        index = ManifestContent(OCI_INDEX, children=(child.digest,))
        yield child
        yield image(2000 + number, f"v{number}", content=index, media_type=OCI_INDEX)
