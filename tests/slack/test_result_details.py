"""Details: a modal with the result of a plan."""

from bot.playground.slack import SimulatedUser
from bot.slack.api import Json
from tests.slack.running_bot import RunningBot, text_of
from tests.slack.support import buttons, message_at
from tests.slack.test_commands import execute


def shown(bot: RunningBot, person: SimulatedUser, ts: str) -> Json:
    return message_at(person, bot.channel, ts)


def test_details_of_a_result(bot: RunningBot, ann: SimulatedUser, guest: SimulatedUser) -> None:
    message = bot.posted()
    execute(bot, message.plan)
    bot.plan_messages.update(message.plan)
    result = shown(bot, ann, message.ts)
    assert result["text"] == (
        "team/api: deleted 1 of 2 images (1 skipped), freed 1 GB, saves $1.20 a year."
    )
    assert buttons(result) == ["result_details"]
    for person in (ann, guest):
        assert bot.clicks(person, "result_details", message).ok
        said = text_of(person.modal())
        assert "1 skipped" in said
        assert "`older`: pinned" in said
