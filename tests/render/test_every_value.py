"""Every reason value has a sentence in the terminal and in Slack."""

from collections.abc import Callable, Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.audit_details import EventDetail, ImagesNotDeleted, ReasonCount
from bot.core.errors import ErrorText
from bot.core.manifest import UnreadCause
from bot.core.permission_reasons import GrantReason, PersonRefusal
from bot.core.plan_problems import PlanProblem, ScanFailed, ScanFailureCause
from bot.core.refusal_reasons import ApprovalProblem, Refusal, WorkloadFigures
from bot.core.report_schedules import ReportFailure
from bot.core.result_reasons import (
    EarlyEndCause,
    NewPlanProblem,
    NewPlanProblems,
    ResultReason,
    StartProblem,
)
from bot.core.usage import PastTagUser
from bot.core.verdict_reasons import LegacyReason, NotKeptByRule, Reason, RuleName
from bot.render.audit_events import detail_words
from bot.render.errors import failure_words
from bot.render.permission_sentences import grant_words, person_refusal_words
from bot.render.plan_problem_sentences import (
    new_problems_words,
    plan_problem_words,
    scan_words,
    start_problem_words,
    unread_words,
)
from bot.render.reasons import (
    end_cause_words,
    not_kept_words,
    reason_as_keys,
    reason_words,
    short_reason_words,
    user_words,
)
from bot.render.refusals import approval_problem_words, figures_words, refusal_words
from bot.slack.mrkdwn import prose
from tests.examples import examples

Words = Callable[[Any], str]


def some(kind: Any) -> st.SearchStrategy[Any]:
    """An example of `kind`. A union is not a type to the type checker."""
    return st.from_type(kind)


st.register_type_strategy(ErrorText, st.builds(ErrorText, st.text(min_size=1), call=...))
st.register_type_strategy(
    LegacyReason, st.builds(LegacyReason, st.sampled_from(RuleName), st.text(min_size=1))
)
st.register_type_strategy(
    NewPlanProblems,
    st.builds(NewPlanProblems, st.lists(some(NewPlanProblem), min_size=1).map(tuple)),
)
st.register_type_strategy(
    ImagesNotDeleted,
    st.builds(ImagesNotDeleted, st.lists(some(ReasonCount), min_size=1).map(tuple)),
)

WORDS: list[tuple[Any, Words]] = [
    (Reason, reason_words),
    (Reason, short_reason_words),
    (NotKeptByRule, not_kept_words),
    (ResultReason, reason_words),
    (EarlyEndCause, end_cause_words),
    (PastTagUser, user_words),
    (UnreadCause, unread_words),
    (PlanProblem, plan_problem_words),
    (ScanFailureCause, lambda cause: scan_words(ScanFailed("ecs", "here", cause))),
    (StartProblem, start_problem_words),
    (NewPlanProblems, new_problems_words),
    (GrantReason, grant_words),
    (PersonRefusal, person_refusal_words),
    (Refusal, refusal_words),
    (ApprovalProblem, approval_problem_words),
    (WorkloadFigures, figures_words),
    (EventDetail, detail_words),
    (ReportFailure, failure_words),
]


def members(kind: Any) -> Iterator[type]:
    """The classes of a union, including those of nested unions."""
    if get_origin(kind) in (Union, UnionType):
        for each in get_args(kind):
            yield from members(each)
    else:
        yield kind


CASES = [(member, words) for kind, words in WORDS for member in dict.fromkeys(members(kind))]


@pytest.mark.parametrize(
    ("member", "words"), CASES, ids=[f"{member.__name__}" for member, _ in CASES]
)
@given(data=st.data())
@settings(max_examples=examples(15))
def test_every_value_has_a_sentence(member: type, words: Words, data: st.DataObject) -> None:
    value = data.draw(st.from_type(member))
    sentence = words(value)
    assert sentence
    assert "object at 0x" not in sentence
    assert member.__name__ + "(" not in sentence
    assert prose(sentence) or not sentence.strip()


@pytest.mark.parametrize("member", dict.fromkeys(members(Reason)), ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=examples(15))
def test_json_of_a_reason_has_its_fields_and_its_sentence(
    member: type, data: st.DataObject
) -> None:
    reason = data.draw(st.from_type(member))
    keys = reason_as_keys(reason)
    assert keys["rule"] == reason.rule
    assert keys["detail"] == reason_words(reason)
