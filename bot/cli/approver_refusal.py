"""Refusals of AWS identities that are no approvers. They name the approvers."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.errors import RefusedError, RequestError
from bot.core.permission_reasons import NotAnApprover
from bot.core.policy import ApprovalRules
from bot.core.text_formatting import first_few
from bot.render.refusals import refusal_words


@contextmanager
def naming_approvers(rules: ApprovalRules) -> Iterator[None]:
    """Adds the approvers in the settings to the refusal of an identity that is not one of them."""
    try:
        yield
    except RefusedError as error:
        if not isinstance(error.refusal, NotAnApprover):
            raise
        names = first_few([*rules.approvers])
        raise RequestError(f"{refusal_words(error.refusal)}: the approvers are {names}") from error
