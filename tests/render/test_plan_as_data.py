"""JSON and CSV of plans that no test of the command has: users, usage, odd characters."""

import csv
import io

import orjson
import pytest

from bot.core.plan import Plan
from bot.core.sentence import Sentence
from bot.core.usage import Look, PastTagUser, Usage
from bot.render.output import write_rows
from bot.render.plans import CSV_HEADER, IMAGES_A_PIECE, plan_as_json, plan_as_rows
from tests.render.builders import image, plan
from tests.support import Plan as Data

USAGE = Usage(
    by_digest={image(1).digest: ("lambda: mail", "ecs: web")},
    by_tag={"b": ('k8s: "prod"; ns/pod, é',)},
    looks=(Look("ecs", "eu-west-1", 7), Look("lambda", "eu-west-1", 0, Sentence("AccessDenied"))),
    not_checked=("files",),
)


def as_json(made: Plan) -> Data:
    line = b"".join(plan_as_json(made))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    loaded: Data = orjson.loads(line)
    return loaded


def as_rows(made: Plan) -> list[dict[str, str]]:
    text = io.StringIO()
    write_rows([CSV_HEADER, *plan_as_rows(made)], text)
    return list(csv.DictReader(io.StringIO(text.getvalue())))


def test_usage_in_json() -> None:
    found = as_json(plan(image(1, "a"), image(2, "b"), usage=USAGE))
    assert [each["used_by"] for each in found["images"]] == [
        ["ecs: web", "lambda: mail"],
        ['k8s: "prod"; ns/pod, é'],
    ]
    assert found["usage"] == [
        {"source": "ecs", "scope": "eu-west-1", "images": 7, "error": None},
        {"source": "lambda", "scope": "eu-west-1", "images": 0, "error": "AccessDenied"},
    ]
    assert found["not_checked"] == ["files"]


def test_usage_in_csv() -> None:
    first, second = as_rows(plan(image(1, "a"), image(2, "b", "c"), usage=USAGE))
    assert first["used_by"] == "ecs: web; lambda: mail"
    assert second["used_by"] == 'k8s: "prod"; ns/pod, é'
    assert second["tags"] == "b c"


def test_users_by_tags_that_have_moved_are_texts() -> None:
    had = PastTagUser("ECS shop/web", "v1", certain=True)
    may_have_had = PastTagUser("ECS shop/web", "v2", certain=False)
    digest = image(1).digest
    usage = Usage(by_digest={digest: ("pod",)}, by_past_tag={digest: (had, may_have_had)})
    made = plan(image(1, "a"), usage=usage)
    users = [
        "ECS shop/web (by the tag v1, which this image had)",
        "ECS shop/web (by the tag v2, which this image may have had)",
        "pod",
    ]
    (as_entry,) = as_json(made)["images"]
    assert as_entry["used_by"] == users
    assert as_entry["reasons"] == [
        {"rule": "in_use", "detail": f"is in use by {', '.join(users)}", "users": users}
    ]
    (as_row,) = as_rows(made)
    assert as_row["used_by"] == "; ".join(users)
    assert as_row["reasons"] == f"is in use by {', '.join(users)}"


@pytest.mark.parametrize("count", [0, 1, IMAGES_A_PIECE, IMAGES_A_PIECE + 1, 2 * IMAGES_A_PIECE])
def test_any_number_of_images(count: int) -> None:
    manifests = [image(number, f"v{number}") for number in range(count)]
    made = plan(*manifests)
    digests = [manifest.digest for manifest in manifests]
    assert [each["digest"] for each in as_json(made)["images"]] == digests
    assert [row["digest"] for row in as_rows(made)] == digests


def test_money_is_not_rounded() -> None:
    made = plan(image(1, size=1))
    assert as_json(made)["savings"]["usd_per_month"] == 1 / 2**30 * 0.10
