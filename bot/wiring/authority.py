"""Who may decide what, by the settings of this process and by Slack's directory."""

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bot.core.authority import SlackPerson
from bot.core.errors import RequestError, ServiceError
from bot.expiring_cache import ExpiringCache
from bot.settings import Settings
from bot.usecases.check_authority import Authority
from bot.wiring.slack import is_in_slack, open_client, user_groups

if TYPE_CHECKING:
    from bot.slack.people import People

SECONDS_BETWEEN_TRIES = 15.0


def open_authority(settings: Settings) -> Authority:
    """Slack is asked once it is needed."""
    return Authority(
        rules_of=partial(settings.approval_rules, workspace=None),
        general_rules=settings.general_rules(workspace=None),
        directory=SlackDirectory(settings) if is_in_slack() else NoDirectory(),
    )


class _Opened(NamedTuple):
    workspace: str
    people: "People"


class SlackDirectory:
    """May be used by several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: ExpiringCache[None, _Opened] = ExpiringCache(
            lambda _: self._open(), math.inf, SECONDS_BETWEEN_TRIES
        )

    def workspace(self) -> str:
        return self._kept.get(None).workspace

    def person(self, user_id: str) -> SlackPerson:
        return self._kept.get(None).people.member(user_id)

    def _open(self) -> _Opened:
        from bot.slack.api import calling  # noqa: PLC0415 - few commands need Slack
        from bot.slack.people import People  # noqa: PLC0415

        try:
            client = open_client()
        except RequestError as error:
            raise ServiceError(str(error)) from error
        with calling("Asking who the bot is"):
            workspace = str(client.auth_test()["team_id"])
        return _Opened(workspace, People(client, workspace, user_groups(self._settings)))


@dataclass(frozen=True, slots=True)
class NoDirectory:
    """Without a token of Slack."""

    def workspace(self) -> str:
        raise ServiceError(
            "This process does not know its Slack workspace, since SLACK_BOT_TOKEN is not set"
        )

    def person(self, user_id: str) -> SlackPerson:
        raise ServiceError(
            f"This process cannot look up {user_id} in Slack, since SLACK_BOT_TOKEN is not set: "
            "set it, or leave the plan to a process that has it"
        )
