"""Values in the database can be read by every later version."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.core.errors import DamagedDataError, ErrorText
from bot.core.usage import PastTagUser
from bot.core.verdict_reasons import InUse
from bot.store.stored_values import NAMES, from_json, from_text, to_json
from tests.examples import examples

FORMS = Path(__file__).with_name("stored_values.yml")
"""Every stored value with its fields. Databases contain them: lines and fields may be added, but
not changed."""


@pytest.mark.parametrize("type_", NAMES, ids=lambda type_: type_.__name__)
@given(data=st.data())
@settings(max_examples=examples(15))
def test_a_value_is_read_as_it_was_written(type_: type, data: st.DataObject) -> None:
    value = data.draw(st.from_type(type_))
    assert from_json(to_json(value)) == value


def test_stored_forms_do_not_change() -> None:
    now = {name: [each.name for each in fields(type_)] for type_, name in NAMES.items()}
    assert len(now) == len(NAMES), "two values have the same name"
    assert now == YAML(typ="safe").load(FORMS)


def test_a_field_that_was_added_later_has_its_default() -> None:
    assert from_json(["sentence", "AWS refused it"]) == ErrorText("AWS refused it", call=None)


def test_strings_can_be_changed_while_writing() -> None:
    (value,) = (type_ for type_, name in NAMES.items() if name == "stopped_by")
    assert from_json(to_json(value("a secret"), lambda text: text.replace("secret", "***"))) == (
        value("a ***")
    )


def test_a_user_is_a_text_or_a_value() -> None:
    stored = ["in_use", ["pod", ["past_tag_user", "ECS shop/web", "v1", True]]]
    value = InUse(("pod", PastTagUser("ECS shop/web", "v1", certain=True)))
    assert to_json(value) == stored
    assert from_json(stored) == value


@pytest.mark.parametrize(
    "damaged",
    [
        ["nothing of ours"],
        ["newest"],
        "stopped_by",
        None,
        7,
        ["stopped_by", 1, 2],
        ["in_use", [7]],
        ["in_use", [["past_tag_user", "pod", "v1"]]],
    ],
)
def test_a_damaged_value_is_an_error(damaged: object) -> None:
    with pytest.raises(DamagedDataError, match="it is damaged, or a newer ecr-clean wrote it"):
        from_json(damaged)


def test_invalid_json_is_an_error() -> None:
    with pytest.raises(DamagedDataError, match="is not valid JSON"):
        from_text("{")
