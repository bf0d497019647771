"""Patterns for the ARNs of approvers, which name one account."""

import re
from dataclasses import dataclass

from bot.core.errors import PatternError
from bot.core.name_syntax import IDENTITY_ARNS, is_arn
from bot.core.patterns import Patterns
from bot.core.regular_expressions import is_regular_expression
from bot.core.text_formatting import quoted_pattern

_ARN = re.compile(
    r"(?P<service>arn:[^:\[]*:[^:\[]*:[^:\[]*):(?P<account>\d{12}):(?P<resource>.+)", re.ASCII
)
"""Also matches a pattern with a literal account. IAM user guide, IAM identifiers."""

_SETS = re.compile(r"\[!?.[^]]*\]")
_LITERAL = re.compile(r"\w", re.ASCII)

_NO_RESOURCES = ("0zq", "zq/zq")
"""An expression that matches one of them matches more than one kind of resource."""


def is_arn_pattern(approver: str) -> bool:
    """Whether it is for ARNs, and not for users of Slack."""
    return is_arn(approver) or is_regular_expression(approver)


def check_arn_pattern(pattern: str) -> str:
    """Returns the pattern. Raises PatternError if it can match no caller, or is a regular
    expression without a literal account."""
    IDENTITY_ARNS.check(pattern)
    if is_regular_expression(pattern):
        parts = _ARN.fullmatch(pattern[1:-1])
        if parts is None:
            raise PatternError(
                f"{quoted_pattern(pattern)} does not start with /arn:PARTITION:SERVICE::ACCOUNT: "
                "with 12 digits in place of ACCOUNT"
            )
        Patterns.of(f"/{parts['service']}/", f"/{parts['resource']}/")
    return pattern


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """A pattern that `check_arn_pattern` accepts."""

    text: str

    def match(self, arn: str) -> bool:
        """Compares service, account and resource separately: `*` does not match across these
        parts."""
        wanted, found = self._parts(), _ARN.fullmatch(arn)
        if wanted is None or found is None or self.is_too_wide:
            return False
        return (
            self._of(wanted["service"]).match(found["service"])
            and wanted["account"] == found["account"]
            and self._of(wanted["resource"]).match(found["resource"])
        )

    @property
    def is_too_wide(self) -> bool:
        """It names no account, or every resource of one."""
        parts = self._parts()
        if parts is None:
            return True
        if is_regular_expression(self.text):
            return self._of(parts["resource"]).match_any(_NO_RESOURCES)
        return not _LITERAL.search(_SETS.sub("", parts["resource"]))

    def _parts(self) -> re.Match[str] | None:
        is_expression = is_regular_expression(self.text)
        return _ARN.fullmatch(self.text[1:-1] if is_expression else self.text)

    def _of(self, part: str) -> Patterns:
        return Patterns.of(f"/{part}/" if is_regular_expression(self.text) else part)
