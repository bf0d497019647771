"""Lists with several pages, and the number of calls."""

from collections import Counter
from collections.abc import Callable, Mapping
from math import ceil

import pytest

from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn
from bot.usage.ecs import EcsSource
from tests.matrices import matrix
from tests.usage.aws_support import (
    SECOND_PAGE,
    check_every_failure,
    digest,
    image,
    open_aws_api,
    scan_source,
)

pytestmark = pytest.mark.usefixtures("environment")

MANY = 101


def fill_pages(aws: AwsStandIn, number: int = MANY) -> None:
    """Creates `number` resources of every kind. By default that is one more than a page."""
    ecs, events, scheduler = aws.world.ecs(), aws.world.events(), aws.world.scheduler()
    events.put_rule("empty")
    busy = events.put_rule("busy", bus="bus-000")
    for n in range(number):
        ecs.cluster(f"cluster-{n:03}")
        ecs.register(f"family-{n:03}", [image(f"family-{n:03}")])
        ecs.create_service(
            "cluster-000", f"service-{n:03}", family=f"family-{n:03}", digests=[digest(n)]
        )
        ecs.run_task("cluster-001", f"family-{n:03}", digests=[digest(1000 + n)])
        ecs.stop_task(ecs.run_task("cluster-001", f"family-{n:03}", digests=[digest(2000 + n)]))
        ecs.deploy_daemon("cluster-002", f"agent-{n:03}", [image("agent", f"{n:03}")])
        events.bus(f"bus-{n:03}")
        events.run_task(f"rule-{n:03}", f"family-{n:03}:1", bus="bus-001")
        parameters = {"TaskDefinitionArn": ecs.definition(f"family-{n:03}").arn}
        target = {"Id": f"{n:03}", "Arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/default"}
        events.put_target(busy, {**target, "EcsParameters": parameters})
        scheduler.run_task(f"schedule-{n:03}", f"family-{n:03}", universal=n % 2 == 0)


def test_all_pages_are_read_with_a_linear_number_of_calls(aws: AwsStandIn) -> None:
    fill_pages(aws)
    assert scan_source(EcsSource(open_aws_api(), 1)) == image_uses_of_pages()
    assert aws.world.calls.counts() == CALLS_OF_PAGES


def image_uses_of_pages() -> set[ImageUse]:
    expected = set()
    for n in range(MANY):
        family = image(f"family-{n:03}")
        task = f"ECS task family-{n:03}:1 on cluster-001"
        expected |= {
            ImageUse(family, f"ECS cluster-000/service-{n:03}", digest(n)),
            ImageUse(family, f"ECS cluster-000/service-{n:03}"),
            ImageUse(family, task, digest(1000 + n)),
            ImageUse(family, f"{task} (stopped)", digest(2000 + n)),
            ImageUse(family, f"EventBridge rule bus-001/rule-{n:03}"),
            ImageUse(family, "EventBridge rule bus-000/busy"),
            ImageUse(family, f"schedule schedule-{n:03}"),
            ImageUse(family, f"ECS task definition family-{n:03} (newest revision)"),
            ImageUse(image("agent", f"{n:03}"), f"ECS daemon cluster-002/agent-{n:03}"),
            ImageUse(
                image("agent", f"{n:03}"),
                f"ECS daemon task definition agent-{n:03}:1 (newest revision)",
            ),
        }
    return expected


LISTS_WITH_TWO_PAGES = 2
CALLS_OF_PAGES = Counter(
    {
        "ecs:ListClusters": LISTS_WITH_TWO_PAGES,
        "ecs:ListTasks": 2 * MANY + 3,
        "ecs:DescribeTasks": ceil(MANY / 100) + ceil(2 * MANY / 100),
        "ecs:ListServices": MANY + 1,
        "ecs:DescribeServices": ceil(MANY / 10),
        "ecs:DescribeServiceDeployments": ceil(MANY / 20),
        "ecs:DescribeServiceRevisions": ceil(MANY / 20),
        "ecs:ListDaemons": MANY + 1,
        "ecs:DescribeDaemon": MANY,
        "ecs:DescribeDaemonDeployments": ceil(MANY / 20),
        "ecs:DescribeDaemonRevisions": ceil(MANY / 20),
        "ecs:ListDaemonTaskDefinitions": LISTS_WITH_TWO_PAGES,
        "ecs:DescribeDaemonTaskDefinition": MANY,
        "ecs:ListTaskDefinitions": LISTS_WITH_TWO_PAGES,
        "ecs:DescribeTaskDefinition": MANY,
        "events:ListEventBuses": LISTS_WITH_TWO_PAGES,
        "events:ListRules": MANY + 1 + 1,
        "events:ListTargetsByRule": 1 + 2 + MANY,
        "scheduler:ListSchedules": LISTS_WITH_TWO_PAGES,
        "scheduler:GetSchedule": MANY,
    }
)


def test_all_calls_with_pages_are_in_the_table(aws: AwsStandIn) -> None:
    fill_pages(aws, 3)
    _many_revisions(aws)
    scan_source(EcsSource(open_aws_api(), 3))
    counts = aws.world.calls.counts()
    assert {call for call in counts if ":List" in call} == MORE_THAN_A_PAGE.keys()


@pytest.mark.parametrize(("revisions", "calls"), [(1, 1), (2, 1), (100, 1), (101, 2), (1000, 3)])
def test_of_a_family_with_many_revisions_only_the_newest_are_listed(
    aws: AwsStandIn, revisions: int, calls: int
) -> None:
    for n in range(250):
        aws.world.ecs().register("job", [image("job", str(n))])
    found = scan_source(EcsSource(open_aws_api(), revisions))
    assert {each.image for each in found} == {image("job", str(n)) for n in range(250)[-revisions:]}
    assert aws.world.calls.count("ecs:ListTaskDefinitionFamilies") == 1
    assert aws.world.calls.count("ecs:ListTaskDefinitions") == 2 + calls


def test_all_revisions_are_listed_if_that_takes_fewer_pages_than_there_are_families(
    aws: AwsStandIn,
) -> None:
    _many_revisions(aws)
    for n in range(4):
        aws.world.ecs().register(f"family-{n}", [image("family", str(n))])
    assert len(scan_source(EcsSource(open_aws_api(), 1))) == 5
    assert aws.world.calls.count("ecs:ListTaskDefinitionFamilies") == 1
    assert aws.world.calls.count("ecs:ListTaskDefinitions") == 3


def _many_revisions(aws: AwsStandIn) -> None:
    """The family comes first in lists in descending order."""
    for n in range(2 * MANY):
        aws.world.ecs().register("z", [image("z", str(n))])


def _many_families(aws: AwsStandIn) -> None:
    _many_revisions(aws)
    _repeat(lambda name: aws.world.ecs().register(name, ["nginx"]))


def _busy_rule(aws: AwsStandIn) -> None:
    rule = aws.world.events().put_rule("busy")
    for n in range(MANY):
        aws.world.events().put_target(rule, {"Id": f"{n}", "Arn": "arn:aws:sqs:::queue"})


MORE_THAN_A_PAGE: Mapping[str, Callable[[AwsStandIn], None]] = {
    "ecs:ListClusters": lambda aws: _repeat(aws.world.ecs().cluster),
    "ecs:ListTasks": lambda aws: _repeat(lambda _: aws.world.ecs().run_task("c", "f", ["nginx"])),
    "ecs:ListServices": lambda aws: _repeat(
        lambda name: aws.world.ecs().create_service("c", name, ["nginx"], family="f", running=0)
    ),
    "ecs:ListDaemons": lambda aws: _repeat(
        lambda name: aws.world.ecs().deploy_daemon("c", name, ["nginx"])
    ),
    "ecs:ListDaemonTaskDefinitions": lambda aws: _repeat(
        lambda name: aws.world.ecs().register_daemon("f", [name])
    ),
    "ecs:ListTaskDefinitionFamilies": _many_families,
    "ecs:ListTaskDefinitions": lambda aws: _repeat(
        lambda name: aws.world.ecs().register("f", [name])
    ),
    "events:ListEventBuses": lambda aws: _repeat(aws.world.events().bus),
    "events:ListRules": lambda aws: _repeat(aws.world.events().put_rule),
    "events:ListTargetsByRule": _busy_rule,
    "scheduler:ListSchedules": lambda aws: _repeat(
        lambda name: aws.world.scheduler().run_task(name, "f", universal=True)
    ),
}


def _repeat(make: Callable[[str], object]) -> None:
    for n in range(MANY):
        make(f"name-{n}")


@pytest.mark.parametrize(("call", "failure"), matrix(MORE_THAN_A_PAGE, SECOND_PAGE, meet=1))
def test_failures_on_the_second_page(aws: AwsStandIn, call: str, failure: str) -> None:
    MORE_THAN_A_PAGE[call](aws)
    check_every_failure(aws, lambda aws_api: EcsSource(aws_api, MANY), SECOND_PAGE[failure], [call])
