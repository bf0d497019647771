"""A workspace from another process: its people as objects that act and see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from bot.playground.control_client import ControlClient

Json = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a person got to see of an act; `bot.playground.slack.acts.outcome` tells the results."""

    result: str
    detail: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    dialog: Json | None = None
    options: tuple[Any, ...] = ()
    sent: bool = False

    @property
    def ok(self) -> bool:
        return self.result == "ok"


class RemoteWorkspace:
    """Raises RuntimeError for what the control refuses."""

    def __init__(self, url: str) -> None:
        self._control = ControlClient(url)

    def ask(self, path: str) -> Any:
        return self._control.send("GET", path, {})

    def tell(self, path: str, **body: Any) -> Any:
        """Any control that is a POST; those that are used most have a method here."""
        return self._control.send("POST", path, body)

    def change(self, path: str, **body: Any) -> Any:
        return self._control.send("PUT", path, body)

    def forget(self, path: str) -> None:
        """`/calls`, `/deliveries`, `/warnings` or `/faults`."""
        self._control.send("DELETE", path, {})

    def person(self, user: str) -> "Person":
        """Somebody who is there already, by id."""
        return Person(self, user)

    def add_person(self, name: str, **traits: Any) -> "Person":
        """`traits` are those of User: `tz`, `is_restricted`, `team_id`, …"""
        return Person(self, self.tell("/users", name=name, **traits)["id"])

    def add_channel(
        self,
        name: str,
        members: Iterable["Person"] = (),
        *,
        kind: str = "public",
        with_bot: bool = True,
    ) -> str:
        """Answers its id."""
        channel = self.tell(
            "/channels",
            name=name,
            members=[person.id for person in members],
            kind=kind,
            with_bot=with_bot,
        )
        return str(channel["id"])

    def add_user_group(self, handle: str, members: Iterable["Person"] = ()) -> str:
        """Answers its id."""
        users = [person.id for person in members]
        return str(self.tell("/user-groups", handle=handle, users=users)["id"])

    def add_fault(self, method: str, **effect: Any) -> None:
        """`effect` is that of Fault, like `error="ratelimited", retry_after=1, times=3`."""
        self.tell("/faults", **{"method": method, **effect})

    def add_delivery_fault(self, **effect: Any) -> None:
        """`effect` is that of DeliveryFault, like `kind="block_actions", copies=1`."""
        self.tell("/delivery-faults", **effect)

    def set_clock(self, **how: Any) -> None:
        """`now`, `advance`, `shift`, or nothing, which lets it follow real time."""
        self.change("/clock", **how)

    def change_settings(self, **settings: Any) -> None:
        self.change("/settings", **settings)

    def disconnect(self, reason: str, number: int | None = None) -> int:
        """`warning`, `refresh_requested`, `link_disabled` or `dropped`; answers how many."""
        return int(self.tell("/disconnect", reason=reason, number=number)["disconnected"])

    def connections(self) -> list[int]:
        numbers: list[int] = self.ask("/connections")["connections"]
        return numbers

    def calls(self, name: str | None = None) -> list[Json]:
        return [call for call in self.ask("/calls")["calls"] if name in (None, call["name"])]

    def deliveries(self, kind: str | None = None) -> list[Json]:
        listed = self.ask("/deliveries")["deliveries"]
        return [delivery for delivery in listed if kind in (None, delivery["kind"])]

    def deliver_again(self, envelope_id: str) -> bool:
        """Tells whether the app acknowledged it."""
        return bool(self.tell("/deliveries/again", envelope_id=envelope_id)["acknowledged"])

    def warnings(self) -> list[Json]:
        listed: list[Json] = self.ask("/warnings")["warnings"]
        return listed

    def changes(self, after: int = 0, wait: float = 0) -> list[Json]:
        """The feed after a number; waits so many seconds until there is something."""
        listed: list[Json] = self.ask(f"/feed?after={after}&wait={wait}")["changes"]
        return listed


@dataclass(frozen=True)
class Person:
    workspace: RemoteWorkspace
    id: str

    def types(self, line: str, channel: str) -> Outcome:
        """A slash command, like `/ecr-clean team/api`."""
        return self._act("command", line=line, channel=channel)

    def writes(self, text: str, channel: str, thread_ts: str | None = None) -> Outcome:
        """Its timestamp is the outcome's `detail`."""
        return self._act("write", text=text, channel=channel, thread_ts=thread_ts)

    def uses(self, action_id: str, *, confirm: bool | None = None, **where: Any) -> Outcome:
        """Clicks a button or chooses `value` in a menu.

        `where` are `channel` and `ts` of a message, or `home=True`, or else the topmost modal is
        meant; and perhaps `block_id` and `value`.
        """
        return self._act("use", action_id=action_id, confirm=confirm, **where)

    def looks_for(self, text: str, action_id: str, **where: Any) -> Outcome:
        """Types into a menu that the app fills; the outcome's `options` are its answer."""
        return self._act("suggest", value=text, action_id=action_id, **where)

    def submits(self, **values: Any) -> Outcome:
        """The topmost modal, with these values by action id."""
        return self._act("submit", values=values)

    def closes(self, *, everything: bool = False) -> Outcome:
        return self._act("close", everything=everything)

    def opens_home(self) -> Outcome:
        return self._act("home")

    def joins(self, channel: str) -> Outcome:
        return self._act("join", channel=channel)

    def opens_im(self) -> str:
        """The id of this person's conversation with the bot."""
        return str(self.workspace.tell("/ims", user=self.id)["id"])

    def sees(self) -> Json:
        sight: Json = self.workspace.ask(f"/sight?user={quote(self.id)}")
        return sight

    def messages(self, channel: str) -> list[Json]:
        """Those of a channel, with their `replies`; raises LookupError if it is not seen."""
        for each in self.sees()["channels"]:
            if each["id"] == channel:
                messages: list[Json] = each["messages"]
                return messages
        raise LookupError(f"{self.id} does not see {channel}")

    def modal(self) -> Json | None:
        """The topmost one."""
        modals: list[Json] = self.sees()["modals"]
        return modals[-1] if modals else None

    def home(self) -> Json | None:
        home: Json | None = self.sees()["home"]
        return home

    def _act(self, act: str, **body: Any) -> Outcome:
        given = {name: value for name, value in body.items() if value is not None}
        outcome = self.workspace.tell(f"/acts/{act}", user=self.id, **given)
        return Outcome(**{**outcome, "options": tuple(outcome["options"])})
