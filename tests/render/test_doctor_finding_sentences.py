"""Every doctor finding has a sentence. Every finding that is not ok has a fix."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.doctor_findings import (
    FindingDetail,
    OtherRegionsEmpty,
    RegionsUnreadable,
    ScopesMissing,
    SlackScope,
    WorkloadsListed,
    failed,
    ok,
)
from bot.core.doctor_registry_findings import (
    AccountMayPull,
    AllPullersScanned,
    DeletionsReplicated,
    PoliciesUnreadable,
    PullTimesAffected,
    ReferenceUnreadable,
    ServiceMayPull,
)
from bot.core.errors import ErrorText
from bot.core.plan_problems import ReferenceUse, ScanFailed
from bot.core.repository import RegistryId
from bot.render.doctor_finding_sentences import finding_words, fix_words
from bot.render.doctor_findings import FINDING_COLUMNS
from tests.examples import examples

OK = {
    "PriceRead",
    "AllMembersMayApprove",
    "AllPullersScanned",
    "AllPatternsMatch",
    "AllReferencesResolved",
    "AllScopesGranted",
    "ApproverGroupHasMembers",
    "BotInChannel",
    "BotSignedIn",
    "CredentialsValid",
    "DeletionsNotReplicated",
    "ImagesReadable",
    "LayerSharingOff",
    "HandleOfMember",
    "MemberMayApprove",
    "NoSettingsFile",
    "OtherRegionsEmpty",
    "PullTimesUnaffected",
    "ResourceTagsReadable",
    "SettingsValid",
    "SlackNotSetUp",
    "SlackTokenAccepted",
    "WorkloadsListed",
}
"""Values that need no fix."""

st.register_type_strategy(ErrorText, st.builds(ErrorText, st.text(min_size=1), call=...))


def members(union: Any) -> Iterator[type]:
    """The classes of a union, including those of nested unions."""
    for each in get_args(union):
        yield from members(each) if get_args(each) else [each]


@pytest.mark.parametrize("value", [*members(FindingDetail)], ids=lambda value: value.__name__)
@given(data=st.data())
@settings(max_examples=examples(15))
def test_every_finding_has_a_sentence(value: type, data: st.DataObject) -> None:
    detail: Any = data.draw(st.from_type(value))
    assert finding_words(detail)
    fix = fix_words(detail)
    if value.__name__ in OK:
        assert fix is None
    else:
        assert fix


@pytest.mark.parametrize("source", ["ecs", "files", "kubernetes", "regions", "usage"])
@given(data=st.data())
@settings(max_examples=examples(15))
def test_every_failed_source_has_a_fix(source: str, data: st.DataObject) -> None:
    assert fix_words(data.draw(st.builds(ScanFailed, st.just(source))))


@pytest.mark.parametrize("scope", [*SlackScope])
def test_every_slack_scope_has_a_purpose(scope: SlackScope) -> None:
    words = finding_words(ScopesMissing((scope,)))
    assert words.startswith(f"the bot token lacks {scope} (")
    assert not words.endswith("()")


def test_a_row_has_sentence_and_fix() -> None:
    row = FINDING_COLUMNS.as_row(ok("ecs", "here", WorkloadsListed(7, 1200)))
    words = "workloads: 7; different images of these registries: 1,200"
    assert row == ("ecs", "here", "ok", words, None)
    carried = DeletionsReplicated(RegistryId("1", "us-east-1"), ("a",), is_scanned=False)
    row = FINDING_COLUMNS.as_row(failed("replication", "here", carried))
    assert row == (
        "replication",
        "here",
        "FAILED",
        "deletions are replicated to 1 in us-east-1: a; it is not scanned for usage",
        "add it to usage.accounts or usage.regions, or switch deleteReplication off",
    )


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        (OtherRegionsEmpty(2, 0), "Regions without workloads of any source: 2"),
        (OtherRegionsEmpty(2, 1), "of any source: 2; denied by service control policies: 1"),
        (RegionsUnreadable(ErrorText("No."), 0), "some Regions could not be scanned: No."),
        (RegionsUnreadable(ErrorText("No."), 1200), "could not be scanned: No. (and 1,200 more)"),
        (PoliciesUnreadable(ErrorText("No."), 0), "No."),
        (PoliciesUnreadable(ErrorText("No."), 2), "No. (and 2 more repositories)"),
        (AllPullersScanned((), ()), "are scanned or ignored: none"),
        (AllPullersScanned(("1", "2"), ("*",)), "ignored: 1, 2 and services: any service"),
        (AccountMayPull("1", ("a", "b", "c", "d")), "not scanned for usage: a, b, c and 1 more"),
        (
            ServiceMayPull("*", ("a",)),
            "any service may pull, but no enabled source scans it: a",
        ),
        (
            ReferenceUnreadable(ReferenceUse("${APP}", ("a pod",)), ("a",)),
            "'${APP}' (used by a pod) cannot be read as an image reference; plans for a are "
            "incomplete until then",
        ),
        (
            ReferenceUnreadable(ReferenceUse("${APP}", ("a pod",)), ()),
            "'${APP}' (used by a pod) cannot be read as an image reference",
        ),
    ],
)
def test_sentences_that_depend_on_fields(detail: FindingDetail, words: str) -> None:
    assert finding_words(detail).endswith(words)


@pytest.mark.parametrize(
    ("principal", "is_whole", "ending"),
    [
        (None, True, "no other principal can be exempted"),
        ("arn:x", True, "--principal-arn arn:x --region eu-west-1`"),
        ("arn:x", False, "--region eu-west-1` (if the role has a path, put it before its name)"),
    ],
)
def test_exemptions_from_pull_times(principal: str | None, *, is_whole: bool, ending: str) -> None:
    fix = fix_words(PullTimesAffected(principal, is_whole, "eu-west-1"))
    assert fix
    assert fix.endswith(ending)
