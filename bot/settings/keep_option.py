"""The keep rules of the option `--keep`, each written like an entry of `keep` in the settings."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, ValidationError

from bot.core.errors import RequestError
from bot.core.rules.selection import Rule
from bot.settings.keep_rules import KeepRule
from bot.settings.load import parse_yaml
from bot.settings.section import SettingsSection
from bot.settings.wrong_values import ErrorSentences

OPTION = "--keep"


_KEYS = ", ".join(KeepRule.model_fields)


class _KeepOption(SettingsSection):
    keep: Annotated[
        KeepRule,
        Field(description=f"a rule such as '{{newest: 15}}', with the keys {_KEYS}"),
    ]


def parse_keep_options(texts: Sequence[str]) -> tuple[Rule, ...]:
    """`texts`: one line of YAML for each rule. Raises RequestError with one sentence for each wrong
    key."""
    return tuple(_parse(text).rule() for text in texts)


def _parse(text: str) -> KeepRule:
    try:
        return _KeepOption.model_validate({"keep": parse_yaml(text, OPTION)}).keep
    except ValidationError as error:
        sentences = ErrorSentences(_KeepOption).of(error)
        raise RequestError(*(f"--{each}" for each in sentences)) from error
