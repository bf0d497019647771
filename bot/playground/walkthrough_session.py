"""Tools of the walkthrough: act as users, wait for the bot, check results, print each step."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.playground.control_client import ControlClient
from bot.playground.plain_text import PlainTextRenderer
from bot.playground.seed_slack import UsersAndChannels
from bot.playground.slack.user_actions.outcome import ActionOutcome
from bot.playground.slack.workspace_client import SimulatedUser, WorkspaceClient

Json = dict[str, Any]
Found = TypeVar("Found")

TIMEOUT = 40.0
"""Seconds to wait for the bot, including an undo window."""

SECONDS_BETWEEN_POLLS = 0.1

_INDENT = " " * 8


class WalkthroughError(Exception):
    """A check failed. The text has the expected and the actual result."""


@dataclass
class WalkthroughSession:
    """`print_text` prints one or more lines. `channel` is the channel of the walkthrough."""

    workspace: WorkspaceClient
    aws: ControlClient
    users: UsersAndChannels
    channel: str
    print_text: Callable[[str], None]
    checks: int = 0
    renderer: PlainTextRenderer = field(init=False)
    _started: float = field(default_factory=time.monotonic, init=False)

    def __post_init__(self) -> None:
        self.renderer = PlainTextRenderer(self.workspace.get("/workspace"))

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    # Printing

    def print_heading(self, title: str) -> None:
        self.print_text(f"\n{title}\n{'─' * len(title)}")

    def print_step(self, text: str) -> None:
        self.print_text(self.renderer.paragraph(f"{self.seconds:4.0f} s  ", text))

    def print_bot_text(self, text: str, only_to: str = "") -> None:
        """Prints a text from the bot. `only_to`: the name of the only user who sees it."""
        audience = f" (only visible to {only_to})" if only_to else ""
        self.print_text(self.renderer.paragraph(_INDENT, f"ecr-clean{audience}: {text}"))

    def check(self, expected: str, is_met: object, actual: object) -> None:
        """Raises WalkthroughError."""
        if not is_met:
            raise WalkthroughError(f"expected: {expected}\n  actual:   {actual}")
        self.checks += 1
        self.print_text(self.renderer.paragraph(_INDENT, f"✓ {expected}"))

    # Acting

    def click(self, user: SimulatedUser, action_id: str, message: Json) -> None:
        """Raises WalkthroughError if the user cannot click this."""
        outcome = user.uses(action_id, channel=self.channel, ts=message["ts"])
        _expect_success(f"{self.name(user)} can click {action_id}", outcome)

    def submit(self, user: SimulatedUser, **values: Any) -> None:
        """Raises WalkthroughError if the modal rejects the values."""
        _expect_success(f"the modal accepts the input of {self.name(user)}", user.submits(**values))

    # Reading

    def name(self, user: SimulatedUser) -> str:
        return self.renderer.name(user.id).removeprefix("@").capitalize()

    def wait_for(self, expected: str, find: Callable[[], Found | None]) -> Found:
        """Polls `find` until it returns a result. Raises WalkthroughError after the timeout."""
        end = time.monotonic() + TIMEOUT
        while not (found := find()):
            if time.monotonic() > end:
                raise WalkthroughError(
                    f"expected: {expected}, within {TIMEOUT:.0f} seconds\n"
                    f"  actual:   {self._last_bot_text()}"
                )
            time.sleep(SECONDS_BETWEEN_POLLS)
        return found

    def messages(self, user: SimulatedUser) -> list[Json]:
        return user.messages(self.channel)

    def wait_for_text(self, message: Json, text: str) -> Json:
        """Returns the updated message once it contains the text."""

        def find() -> Json | None:
            for each in self.messages(self.users.mia):
                if each["ts"] == message["ts"] and text in self.text_of(each):
                    return each
            return None

        return self.wait_for(f"“{text}” in the message", find)

    def text_of(self, message: Json) -> str:
        """All text of the message in one line."""
        return " ".join(" ".join([message["text"], *self.renderer.lines(message)]).split())

    def sentence(self, message: Json, start: str) -> str:
        """The sentence of the message that begins with `start`."""
        found = re.search(rf"{re.escape(start)}[^.]*\.", self.text_of(message))
        return found[0] if found else ""

    def modal_text(self, user: SimulatedUser, part: str) -> str | None:
        """The text of the topmost modal if it contains `part`."""
        modal = user.modal()
        text = self.renderer.text(modal["blocks"]) if modal else ""
        return text if part in text else None

    def tags(self, repository: str) -> Mapping[str, frozenset[str]]:
        """The tags of each manifest in the registry, by digest."""
        answer = self.aws.send("GET", "/repositories", {"repository": repository})
        return {each["digest"]: frozenset(each["tags"]) for each in answer["manifests"]}

    def _last_bot_text(self) -> str:
        from_bot = [each for each in self.messages(self.users.mia) if each.get("bot_id")]
        return self.renderer.line(from_bot[-1]["text"]) if from_bot else "no message of the bot"


def buttons(message: Json) -> list[str]:
    """The action IDs of the message's buttons, in order."""
    return [
        element["action_id"]
        for block in message["blocks"]
        for element in (*block.get("elements", ()), block.get("accessory", {}))
        if element.get("type") == "button"
    ]


def _expect_success(expected: str, outcome: ActionOutcome) -> None:
    if not outcome.ok:
        raise WalkthroughError(f"expected: {expected}\n  actual:   {outcome}")
