"""Which images `used_within` keeps, against one sentence of the contract for each image."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.judge import judge
from bot.core.last_use import LastUse, MemoryReach
from bot.core.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    DescribedImage,
    Manifest,
    ManifestContent,
    make_manifest,
)
from bot.core.manifest_graph import build_graph
from bot.core.patterns import Patterns
from bot.core.policy import PlanInputs, Policy
from bot.core.rules.selection import TagFilter
from bot.core.rules.used_within import UsedWithinRule
from bot.core.usage import RepositoryUsage
from bot.core.verdict_reasons import PulledWithoutMemory, UsedRecently, Verdict
from tests.support import NOW

DAY = timedelta(days=1)
WITHIN = 30 * DAY
INDEX, ARM, AMD, OTHER = (f"sha256:{letter * 64}" for letter in "0123")
CHILDREN = (ARM, AMD)
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
RULE = UsedWithinRule(WITHIN, TagFilter())

days_ago = st.sampled_from([0, 1, 29, 30, 31, 400]).map(lambda days: NOW - days * DAY)
times = st.dictionaries(st.sampled_from([INDEX, ARM, AMD, OTHER]), days_ago)


def manifest(digest: str, pulled_at: datetime | None) -> Manifest:
    is_index = digest == INDEX
    media_type = OCI_INDEX if is_index else OCI_MANIFEST
    described = DescribedImage(
        digest=digest,
        tags=(),
        pushed_at=NOW - 500 * DAY,
        pulled_at=pulled_at,
        size_bytes=1,
        media_type=media_type,
        config_type=None if is_index else IMAGE_CONFIG,
    )
    content = ManifestContent(
        media_type,
        described.config_type,
        None if is_index else (),
        CHILDREN if is_index else (),
    )
    return make_manifest(described, content)


def keeps(
    digests: tuple[str, ...],
    uses: Mapping[str, datetime],
    pulls: Mapping[str, datetime],
    since: datetime | None,
) -> bool:
    """The oracle: some scan saw a part in use, or the memory is short and a part was pulled."""
    was_used = any(NOW - uses[digest] < WITHIN for digest in digests if digest in uses)
    was_pulled = any(NOW - pulls[digest] < WITHIN for digest in digests if digest in pulls)
    is_short = since is None or NOW - since < WITHIN
    return was_used or (is_short and was_pulled)


@given(times, times, st.none() | days_ago)
def test_a_group_is_kept_if_a_part_was_used_recently(
    uses: Mapping[str, datetime], pulls: Mapping[str, datetime], since: datetime | None
) -> None:
    usage = RepositoryUsage(
        last_uses={digest: LastUse(at, ("a job",)) for digest, at in uses.items()},
        memory=MemoryReach(since, WITHIN),
    )
    graph = build_graph(manifest(d, pulls.get(d)) for d in (INDEX, ARM, AMD, OTHER))
    inputs = PlanInputs(Policy(timedelta(), Patterns(), (RULE,)), NOW, usage)
    kept = {j.manifest.digest: j.verdict is Verdict.KEEP for j in judge(graph, inputs)}
    group = keeps((INDEX, *CHILDREN), uses, pulls, since)
    assert kept == {
        INDEX: group,
        ARM: group,
        AMD: group,
        OTHER: keeps((OTHER,), uses, pulls, since),
    }


def test_the_reason_names_the_last_use() -> None:
    last, earlier = LastUse(NOW - DAY, ("a job",), 2), LastUse(NOW - 2 * DAY, ("another",))
    usage = RepositoryUsage(last_uses={INDEX: earlier, ARM: last})
    graph = build_graph(manifest(digest, None) for digest in (INDEX, ARM, AMD))
    inputs = PlanInputs(Policy(timedelta(), Patterns(), (RULE,)), NOW, usage)
    reasons = {j.manifest.digest: j.reasons for j in judge(graph, inputs)}
    assert reasons[INDEX] == (UsedRecently(WITHIN, NOW - DAY, ("a job",), 2),)


def test_the_reason_names_the_pull_and_the_reach_of_the_memory() -> None:
    pulled, since = NOW - 3 * DAY, NOW - 2 * DAY
    usage = RepositoryUsage(memory=MemoryReach(since, WITHIN))
    inputs = PlanInputs(Policy(timedelta(), Patterns(), (RULE,)), NOW, usage)
    (judged,) = judge(build_graph([manifest(OTHER, pulled)]), inputs)
    assert judged.reasons == (PulledWithoutMemory(WITHIN, pulled, since),)
