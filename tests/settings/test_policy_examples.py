"""The policies in docs/policies.md do what the page says."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.core.judge import JudgedManifest
from bot.core.last_use import LastUse
from bot.core.plan import make_plan
from bot.core.policy import PlanInputs, policy_for
from bot.core.repository import RegistryId, RepositoryId
from bot.core.savings import SavingsTerms
from bot.core.usage import RepositoryUsage
from bot.core.verdict_reasons import Verdict
from bot.render.plan_summary import why
from bot.settings.load import load_settings
from tests.render.builders import image
from tests.support import NOW

PAGE = Path(__file__).parents[2] / "docs" / "policies.md"
_ROW = re.compile(
    r"^\| (`.*?`|no tag)(?:, in use (\d+) days? ago)? \| (\d+) \| (.*?)\|$", re.MULTILINE
)

REGISTRY = RegistryId("123456789012", "eu-west-1")


class Row(NamedTuple):
    """A line of a table. `pushed` and `used`: in days ago."""

    tags: tuple[str, ...]
    pushed: float
    used: int | None
    result: str


class Example(NamedTuple):
    title: str
    settings: str
    rows: Sequence[Row]

    @property
    def repository(self) -> RepositoryId:
        is_cdk = self.title.startswith("CDK")
        cdk = f"cdk-hnb659fds-container-assets-{REGISTRY.account}-{REGISTRY.region}"
        name = cdk if is_cdk else "team/api"
        return RepositoryId(REGISTRY, name, f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{name}")


def examples() -> Iterator[Example]:
    for section in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        title, _, text = section.partition("\n")
        (settings,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        yield Example(title, settings, [*_rows(text)])


def _rows(text: str) -> Iterator[Row]:
    for tags, used, pushed, result in _ROW.findall(text):
        names = tuple(re.findall(r"`(.*?)`", tags))
        yield Row(names, float(pushed), int(used) if used else None, result.strip())


def judged(example: Example, folder: Path) -> Sequence[JudgedManifest]:
    """In the order of the table."""
    file = folder / "ecr-clean.yml"
    file.write_text(example.settings)
    policy = policy_for(load_settings(file).policy_entries(), example.repository)
    images = [image(number, *row.tags, age=row.pushed) for number, row in enumerate(example.rows)]
    uses = {
        each.digest: LastUse(NOW - timedelta(days=row.used), ("ECS prod/web",))
        for each, row in zip(images, example.rows, strict=True)
        if row.used is not None
    }
    usage = RepositoryUsage(last_uses=uses)
    terms = SavingsTerms(0.10, layers_stay_within=True)
    plan = make_plan(example.repository, images, PlanInputs(policy, NOW, usage), terms)
    by_digest = {each.manifest.digest: each for each in plan.judged}
    return [by_digest[each.digest] for each in images]


def result_of(each: JudgedManifest) -> str:
    verdict = "kept" if each.verdict is Verdict.KEEP else "**deleted**"
    return f"{verdict}: {why(each)}"


@pytest.mark.parametrize("example", [*examples()], ids=lambda example: example.title)
def test_the_page_says_what_the_policy_does(example: Example, tmp_path: Path) -> None:
    assert example.rows
    found = [result_of(each) for each in judged(example, tmp_path)]
    assert found == [row.result for row in example.rows]


def test_there_are_seven_examples() -> None:
    assert len(list(examples())) == 7
    assert timedelta(hours=24) == load_settings(None).policies[0].min_age
