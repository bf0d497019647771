"""Where a story plays: people who act and look through the workspace's control, a registry to look
into, and somebody who tells it all."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.playground.plain_text import Reader
from bot.playground.remote import Control
from bot.playground.seed_people import Cast
from bot.playground.slack.remote import Outcome, Person, RemoteWorkspace

Json = dict[str, Any]
Found = TypeVar("Found")

PATIENCE = 40.0
"""Seconds that the bot may take for anything, an undo window among them."""

SECONDS_BETWEEN_LOOKS = 0.1

_INDENT = " " * 8


class StoryError(Exception):
    """Something came out wrong: says what was expected, and what was found."""


@dataclass
class Stage:
    """`say` takes a line of the story; `channel` is where it plays."""

    workspace: RemoteWorkspace
    aws: Control
    cast: Cast
    channel: str
    say: Callable[[str], None]
    checks: int = 0
    reader: Reader = field(init=False)
    _began: float = field(default_factory=time.monotonic, init=False)

    def __post_init__(self) -> None:
        self.reader = Reader(self.workspace.ask("/workspace"))

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    # telling

    def chapter(self, title: str) -> None:
        self.say(f"\n{title}\n{'─' * len(title)}")

    def tell(self, text: str) -> None:
        self.say(self.reader.paragraph(f"{self.seconds:4.0f} s  ", text))

    def quote(self, text: str, to: str = "") -> None:
        """What the bot says; `to`: who alone sees it."""
        aside = f" (to {to} alone)" if to else ""
        self.say(self.reader.paragraph(_INDENT, f"ecr-clean{aside}: {text}"))

    def check(self, what: str, is_so: object, found: object) -> None:
        """Raises StoryError."""
        if not is_so:
            raise StoryError(f"expected: {what}\n  found:    {found}")
        self.checks += 1
        self.say(self.reader.paragraph(_INDENT, f"✓ {what}"))

    # acting

    def clicks(self, who: Person, action_id: str, message: Json) -> None:
        """Raises StoryError if that cannot be clicked."""
        outcome = who.uses(action_id, channel=self.channel, ts=message["ts"])
        _expect_taken(f"{self.name(who)} can press {action_id}", outcome)

    def submits(self, who: Person, **values: Any) -> None:
        """Raises StoryError if the window does not take it."""
        _expect_taken(f"the window takes what {self.name(who)} filled in", who.submits(**values))

    # looking

    def name(self, who: Person) -> str:
        return self.reader.name(who.id).removeprefix("@").capitalize()

    def until(self, what: str, look: Callable[[], Found | None]) -> Found:
        """What `look` finds in the end. Raises StoryError if that takes too long."""
        end = time.monotonic() + PATIENCE
        while not (found := look()):
            if time.monotonic() > end:
                raise StoryError(
                    f"expected: {what}, within {PATIENCE:.0f} seconds\n"
                    f"  found:    {self._last_words()}"
                )
            time.sleep(SECONDS_BETWEEN_LOOKS)
        return found

    def messages(self, who: Person) -> list[Json]:
        return who.messages(self.channel)

    def until_shown(self, message: Json, words: str) -> Json:
        """The message, once these words stand in it."""

        def look() -> Json | None:
            for each in self.messages(self.cast.mia):
                if each["ts"] == message["ts"] and words in self.read(each):
                    return each
            return None

        return self.until(f"“{words}” in the message", look)

    def read(self, message: Json) -> str:
        """As one text without line breaks."""
        return " ".join(" ".join([message["text"], *self.reader.lines(message)]).split())

    def sentence(self, message: Json, words: str) -> str:
        """The one of the message that begins with these words."""
        found = re.search(rf"{re.escape(words)}[^.]*\.", self.read(message))
        return found[0] if found else ""

    def window(self, who: Person, words: str) -> str | None:
        """What the topmost window says, if these words are in it."""
        modal = who.modal()
        said = self.reader.text(modal["blocks"]) if modal else ""
        return said if words in said else None

    def tags(self, repository: str) -> Mapping[str, frozenset[str]]:
        """Of every manifest that the registry really has, by digest."""
        shown = self.aws.send("GET", "/repositories", {"repository": repository})
        return {each["digest"]: frozenset(each["tags"]) for each in shown["manifests"]}

    def _last_words(self) -> str:
        said = [each for each in self.messages(self.cast.mia) if each.get("bot_id")]
        return self.reader.line(said[-1]["text"]) if said else "nothing that the bot said"


def buttons(message: Json) -> list[str]:
    """Their action ids, in the order in which they stand there."""
    return [
        element["action_id"]
        for block in message["blocks"]
        for element in (*block.get("elements", ()), block.get("accessory", {}))
        if element.get("type") == "button"
    ]


def _expect_taken(what: str, outcome: Outcome) -> None:
    if not outcome.ok:
        raise StoryError(f"expected: {what}\n  found:    {outcome}")
