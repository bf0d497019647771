"""A pytest plugin: which tests count for coverage.

Coverage doubles the time of a test, so it is off in tests of other rooms than those below. A use
case or a decision that only another room reaches gets its own tests in `tests/usecases` or
`tests/core`. Slow tests and property tests do not count either: what they reach depends on timing
or on examples.
"""

from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

TESTS = Path(__file__).parent
MEASURED = [
    TESTS / place
    for place in (
        "core",
        "usecases",
        "aws",
        "render",
        "scenarios",
        "settings",
        "slack/messages",
        "cli/test_doctor.py",
        "cli/test_image_volumes.py",
        "cli/test_init.py",
        "cli/test_other_accounts.py",
        "cli/test_plan_comparison.py",
    )
]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    measuring = None if _counts(item) else Coverage.current()
    if measuring is None:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()


def _counts(item: pytest.Item) -> bool:
    is_slow = item.get_closest_marker("slow") is not None
    return any(map(item.path.is_relative_to, MEASURED)) and not is_slow and not _has_examples(item)


def _has_examples(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))
