"""The modal Review images: both views, search, pages and pinned rows."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.errors import ErrorText
from bot.core.last_use import LastUse
from bot.core.manifest import OCI_INDEX, Manifest, ManifestContent
from bot.core.pins import Pin
from bot.core.plan import Plan, PlanState, with_pins
from bot.core.plan_transitions import proposed
from bot.core.repository import RegistryId
from bot.core.usage import PastTagUser, RepositoryUsage, SourceScan, UnscannedRegion
from bot.core.verdict_reasons import Verdict
from bot.render.plan_summary import PlanSummary
from bot.slack.action_ids import PlanRef, ReviewState
from bot.slack.api import Json
from bot.slack.messages.image_review import A_PAGE, ImageReview, image_review
from tests.render.builders import GB, image, plan
from tests.slack.messages.plan_views import (
    ANN,
    HOME,
    SCANNED,
    STAR,
    USED,
    action_ids,
    checked_view,
    read,
    values,
)
from tests.support import NOW

STATE = ReviewState(PlanRef("p7k2", 1, HOME))
NONE: Mapping[str, LastUse] = {}
IN_A_MONTH = NOW + timedelta(days=30)


def shown(
    content: Plan,
    newest: Plan | None = None,
    last_uses: Mapping[str, LastUse] = NONE,
    **facts: Any,
) -> Json:
    """`facts`: fields of the state and of the review."""
    newest = newest or content
    fields = {name: facts.pop(name) for name in ("verdict", "page", "search") if name in facts}
    review = ImageReview(
        state=replace(STATE, **fields),
        plan=replace(
            proposed("p7k2", newest, NOW, NOW + timedelta(days=7)), **facts.pop("record", {})
        ),
        opened=PlanSummary(content),
        newest=PlanSummary(newest),
        **{"pins": (), "may_pin": True, "now": NOW, **facts},
    )
    return checked_view(image_review(review, last_uses))


def text(content: Plan, newest: Plan | None = None, **facts: Any) -> str:
    return read(shown(content, newest, **facts)["blocks"])


def button_values(modal: Json) -> dict[str, str]:
    return values(block for block in modal["blocks"] if block["type"] != "input")


def multi(number: int, tag: str, *, age: float = 40, pulled: float | None = None) -> list[Manifest]:
    """An index with one child."""
    child = image(1000 + number, age=age)
    index = ManifestContent(OCI_INDEX, children=(child.digest,))
    root = image(number, tag, age=age, content=index, media_type=OCI_INDEX, pulled=pulled)
    return [child, root]


SHOP = plan(
    image(1, "1.5.0", "latest", age=1),
    image(2, "1.4.0", age=9),
    *multi(3, "1.2.0", age=70),
    image(4, "1.1.0", size=2 * GB, age=80),
    image(5, "1.0.0", size=GB // 2, age=90, pulled=3),
    image(6, age=100),
    image(7, "1.3.0", age=60),
    newest=2,
    usage=USED,
)


def test_images_to_delete() -> None:
    """The image that was pulled recently comes first, then the largest."""
    modal = shown(SHOP)
    assert modal["callback_id"] == "review_images"
    assert modal["title"]["text"] == "Review images"
    assert modal["submit"]["text"] == "Search"
    assert read(modal["blocks"]) == (
        """\
[To delete (4)] [To keep (3)]
:warning: *1 image was pulled in the last 30 days.* No known workload uses it.
`1.0.0`
512 MB · pushed 3 months ago · last pulled 2026-11-20 12:00 UTC
[Keep 30 days]
*Not among the 2 newest releases · 2 images*
`1.1.0`
2 GB · pushed 2 months ago
[Keep 30 days]
`1.2.0` (2 manifests)
1 GB · pushed 2 months ago
[Keep 30 days]
*No tag · 1 image*
`sha256:000000000000…` (no tag)
1 GB · pushed 3 months ago
[Keep 30 days]
~ `team/api` · plan p7k2 v1 · sizes as ECR lists them; layers that images share are stored once"""
    )
    assert button_values(modal)["review_tab:1"] == "keep"


def test_images_to_keep() -> None:
    """Images in use come first. The usage sources are listed at the end."""
    assert text(SHOP, verdict=Verdict.KEEP) == (
        """\
[To delete (4)] [To keep (3)]
*2 in use*
`1.5.0`, `latest`
1 GB · pushed 1 day ago
Used by ECS a/b, ECS a/c, ECS d and 1 more
`1.3.0`
1 GB · pushed 2 months ago
Used by ECS shop/web
*1 newest release*
`1.4.0`
1 GB · pushed 9 days ago
*Usage sources* · images in use, of all repositories
*ECS* · 2 places
• a: 3 images
• b: 0 images
*Lambda*
• a: 2 images
:warning: *Switched off:* Batch, SageMaker. Images used only there are not protected.
~ `team/api` · plan p7k2 v1 · sizes as ECR lists them; layers that images share are stored once"""
    )


def test_the_style_marks_the_view() -> None:
    marked = {Verdict.DELETE: ["primary", None], Verdict.KEEP: [None, "primary"]}
    for verdict, styles in marked.items():
        buttons = shown(SHOP, verdict=verdict)["blocks"][0]["elements"]
        assert [each.get("style") for each in buttons] == styles


# search


NEIGHBORS = plan(
    image(1, "1.9.0-SNAPSHOT-6", size=9 * GB, age=1),
    image(2, "x-1.9.0", size=8 * GB, age=2),
    image(3, "1.9.0", size=GB, age=3),
    image(4, "2.0.0", age=4),
)


def test_the_exact_tag_is_found_first() -> None:
    found = text(NEIGHBORS, search="1.9.0")
    assert re.findall(r"^`(.+)`$", found, re.MULTILINE) == ["1.9.0", "1.9.0-SNAPSHOT-6", "x-1.9.0"]
    assert "[To delete (3)] [To keep (0)]" in found
    assert "`1.9.0`\n1 GB · pushed 3 days ago\nNot among the 0 newest images (3rd)" in found


def test_a_search_names_the_matching_tags_first() -> None:
    made = plan(image(1, "a", "b", "c", "d", "Stable"))
    assert "`Stable`, `a`, `b` and 2 more" in text(made, search="stable")


def test_a_search_finds_tags_of_parts_and_digests() -> None:
    child = image(1, "v1-arm64")
    index = ManifestContent(OCI_INDEX, children=(child.digest,))
    made = plan(child, image(2, "v1", content=index, media_type=OCI_INDEX), image(3, "v2"))
    assert "`v1-arm64`, `v1` (2 manifests)" in text(made, search="arm64")
    assert "`v2`" in text(made, search=image(3).digest)


def test_a_search_warns_of_images_that_were_pulled_recently() -> None:
    assert ":warning: last pulled 2026-11-20" in text(SHOP, search="1.0.0")


def test_a_search_without_result() -> None:
    found = text(SHOP, search="<!channel>")
    assert "No image has a tag like `&lt;!channel&gt;`." in found
    assert "No image to keep has a tag like `1.0`." in text(
        SHOP, search="1.0", verdict=Verdict.KEEP
    )
    found = text(SHOP, search="nothing", verdict=Verdict.KEEP)
    assert "No image has a tag like `nothing`." in found
    assert "*Usage sources*" not in found


def test_the_typed_text_stays_in_the_input() -> None:
    modal = shown(SHOP, search="1.0")
    (box,) = [block for block in modal["blocks"] if block["type"] == "input"]
    assert box["element"]["initial_value"] == "1.0"
    assert box["dispatch_action"]
    assert ReviewState.parse(modal["private_metadata"]).search == "1.0"


# pins


def test_a_pinned_image_keeps_its_place() -> None:
    pin = Pin(image(4).digest, ANN, "why", IN_A_MONTH)
    newest = with_pins(SHOP, [pin], NOW, 0.10)
    record = {"version": 2}
    deleted = text(SHOP, newest, pins=[pin], record=record)
    assert "[To delete (3)] [To keep (4)]" in deleted
    assert (
        "`1.1.0`\n2 GB · pushed 2 months ago\n"
        f":pushpin: *Pinned until 2026-12-23 by <@{ANN}>*\n`1.2.0`"
    ) in deleted
    assert deleted.endswith(
        "plan p7k2 v2 · sizes as ECR lists them; layers that images share are stored once"
    )
    kept = text(SHOP, newest, pins=[pin], verdict=Verdict.KEEP, record=record)
    assert (
        f"*1 pinned*\n`1.1.0`\n2 GB · pushed 2 months ago\nPinned until 2026-12-23 by <@{ANN}>: why"
    ) in kept


def test_a_pin_without_end_from_the_command_line() -> None:
    pin = Pin("1.1.0", "arn:aws:iam::1:role/Deployer", "the *audit* of <everything>")
    kept = text(with_pins(SHOP, [pin], NOW, 0.10), pins=[pin], verdict=Verdict.KEEP)
    assert f"Pinned by `Deployer`: the {STAR}audit{STAR} of &lt;everything&gt;" in kept


def test_an_image_pinned_during_the_deletion() -> None:
    """The plan's content does not change."""
    pin = Pin("1.1.0", ANN, "why")
    said = text(SHOP, pins=[pin], record={"state": PlanState.EXECUTING})
    assert f":pushpin: *Pinned by <@{ANN}>*" in said


@pytest.mark.parametrize(
    "facts",
    [{"may_pin": False}, {"record": {"state": PlanState.DISMISSED}}, {"verdict": Verdict.KEEP}],
)
def test_no_buttons_to_keep(facts: dict[str, Any]) -> None:
    assert not any(
        each.startswith("review_pin") for each in action_ids(shown(SHOP, **facts)["blocks"])
    )


def test_buttons_to_keep_have_the_digest() -> None:
    assert button_values(shown(SHOP))["review_pin:0"] == image(5).digest


def test_a_notice_comes_first() -> None:
    assert text(SHOP, notice="You may not pin.").startswith("You may not pin.\n[To delete (4)]")


# pages


MANY = plan(*(image(n, f"v{n}", age=n + 1) for n in range(200)), newest=95)


def test_page_buttons() -> None:
    def pager(page: int) -> list[str]:
        actions = [each for each in shown(MANY, page=page)["blocks"] if each["type"] == "actions"]
        return [each["text"]["text"] for each in actions[-1]["elements"]]

    assert pager(0) == ["Next", "Last"]
    assert pager(3) == ["First", "Previous", "Next", "Last"]
    assert pager(6) == ["First", "Previous"]
    assert button_values(shown(MANY, page=3))["review_page:4"] == "4"
    assert "~ 46 to 60 of 105 images · `team/api`" in text(MANY, page=3)


def test_few_images_have_no_page_buttons() -> None:
    assert not any("page" in each for each in action_ids(shown(SHOP)["blocks"]))


def test_the_heading_is_repeated_on_each_page() -> None:
    assert "*Not among the 95 newest images · 105 images*" in text(MANY, page=3)


@pytest.mark.parametrize("page", [-1, 0, 1, 2, 7])
def test_page_numbers_out_of_range(page: int) -> None:
    made = plan(*(image(n) for n in range(2 * A_PAGE)))
    first = "1 to 15" if page <= 0 else "16 to 30"
    assert f"{first} of 30 images" in text(made, page=page)


def test_every_image_is_on_exactly_one_page() -> None:
    images = [each for n in range(60) for each in multi(n, f"v{n}", age=n + 1, pulled=n or None)]
    made = plan(*images, newest=9)
    found = [
        name
        for verdict in Verdict
        for page in range(5)
        for name in re.findall(
            r"^`(v\d+)` \(2", text(made, verdict=verdict, page=page), re.MULTILINE
        )
        if page * A_PAGE < (51 if verdict is Verdict.DELETE else 9)
    ]
    assert len(found) == len(set(found)) == 60


def test_the_sources_are_on_the_last_page() -> None:
    made = plan(
        *(image(n, f"v{n}") for n in range(20)), newest=20, usage=RepositoryUsage(scans=SCANNED)
    )
    assert "*Usage sources*" not in text(made, verdict=Verdict.KEEP)
    assert "*Usage sources*" in text(made, verdict=Verdict.KEEP, page=1)


# usage


def test_failed_scans_come_first() -> None:
    scans = (
        *(SourceScan("ecs", f"{n} in eu-west-1", n) for n in range(1, 8)),
        SourceScan("ecs", "9 in eu-west-1", 0, ErrorText("access is denied")),
    )
    regions = (UnscannedRegion(RegistryId("1", "us-east-1"), ("ecs", "lambda")),)
    usage = RepositoryUsage(scans=scans, not_checked=(), unscanned_regions=regions)
    said = text(plan(image(1), usage=usage), verdict=Verdict.KEEP)
    assert "*ECS* · 8 places\n• :warning: ecs (9 in eu-west-1)" in said
    assert "• 1 in eu-west-1: 1 image\n" in said
    assert "… and 3 more" in said
    assert ":warning: *Regions not scanned:*\n1 in us-east-1 (ECS, Lambda)" in said


def test_users_by_a_tag_that_has_moved() -> None:
    users = (PastTagUser("ECS shop/web", "v1", certain=True),)
    made = plan(image(1, "v2"), usage=RepositoryUsage(by_past_tag={image(1).digest: users}))
    words = "Used by ECS shop/web (by the tag v1, which this image had)"
    assert f"`v2`\n1 GB · pushed 40 days ago\n{words}" in text(made, verdict=Verdict.KEEP)


# reasons


def test_sections_by_reason() -> None:
    """The section with the largest images comes first."""
    signature = image(9, f"sha256-{'a' * 64}.sig", size=1)
    releases = (image(1, "1.0"), image(2, "1.1"))
    said = text(plan(*releases, signature, image(3, age=None)))
    headings = re.findall(r"^\*(.+) · (\d+ images?)\*$", said, re.MULTILINE)
    assert headings == [("Not among the 0 newest releases", "2 images")]


def test_an_empty_repository() -> None:
    assert "The repository is empty." in text(plan())


def test_a_plan_that_deletes_or_keeps_nothing() -> None:
    assert "The plan deletes no images." in text(plan(image(1, "v1"), newest=1))
    assert "The plan keeps no images." in text(plan(image(1)), verdict=Verdict.KEEP)


@pytest.mark.parametrize("text_", ["", "1.9.0", "a b  c", "ä" * 300])
def test_the_state_survives(text_: str) -> None:
    state = ReviewState(PlanRef("p7k2", 12, HOME), Verdict.KEEP, 7, text_)
    assert ReviewState.parse(str(state)) == state


def test_the_last_use_of_an_image() -> None:
    made = plan(image(1, "new"), image(2, "old"), newest=1)
    digest = made.delete[0]
    uses = {digest: LastUse(NOW - timedelta(days=3), ("ECS prod/batch",), 2)}
    said = text(made, last_uses=uses)
    assert "Last seen in use 2026-11-20 12:00 UTC by ECS prod/batch and 2 more" in said
