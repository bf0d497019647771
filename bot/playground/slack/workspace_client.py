"""Client for the control API of the workspace: settings, users who act, and records."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.playground.control_client import ControlClient
from bot.playground.slack.user_actions.outcome import ActionOutcome

Json = dict[str, Any]


class WorkspaceClient:
    """Raises RuntimeError if the control API rejects a request."""

    def __init__(self, url: str) -> None:
        self._control = ControlClient(url)

    def get(self, path: str) -> Any:
        return self._control.send("GET", path, {})

    def post(self, path: str, **body: Any) -> Any:
        """Sends any POST request. The most frequent ones have their own methods below."""
        return self._control.send("POST", path, body)

    def put(self, path: str, **body: Any) -> Any:
        return self._control.send("PUT", path, body)

    def delete(self, path: str) -> None:
        """Deletes `/calls`, `/deliveries`, `/warnings` or `/faults`."""
        self._control.send("DELETE", path, {})

    def user(self, user: str) -> "SimulatedUser":
        """An existing user, by ID."""
        return SimulatedUser(self, user)

    def add_user(self, name: str, **fields: Any) -> "SimulatedUser":
        """`fields` are those of User: `tz`, `is_restricted`, `team_id`, …"""
        return SimulatedUser(self, self.post("/users", name=name, **fields)["id"])

    def add_channel(
        self,
        name: str,
        members: Iterable["SimulatedUser"] = (),
        *,
        kind: str = "public",
        with_bot: bool = True,
    ) -> str:
        """Returns its ID."""
        channel = self.post(
            "/channels",
            name=name,
            members=[user.id for user in members],
            kind=kind,
            with_bot=with_bot,
        )
        return str(channel["id"])

    def add_user_group(self, handle: str, members: Iterable["SimulatedUser"] = ()) -> str:
        """Returns its ID."""
        users = [user.id for user in members]
        return str(self.post("/user-groups", handle=handle, users=users)["id"])

    def add_fault(self, method: str, **effect: Any) -> None:
        """`effect` are fields of CallFault, like `error="ratelimited", retry_after=1, times=3`."""
        self.post("/faults", **{"method": method, **effect})

    def add_delivery_fault(self, **effect: Any) -> None:
        """`effect` are fields of DeliveryFault, like `kind="block_actions", copies=1`."""
        self.post("/delivery-faults", **effect)

    def set_clock(self, **how: Any) -> None:
        """`now`, `advance` or `shift`. Without an argument the clock follows real time."""
        self.put("/clock", **how)

    def change_settings(self, **settings: Any) -> None:
        self.put("/settings", **settings)

    def disconnect(self, reason: str, number: int | None = None) -> int:
        """`reason`: `warning`, `refresh_requested`, `link_disabled` or `dropped`.

        Returns the number of connections.
        """
        return int(self.post("/disconnect", reason=reason, number=number)["disconnected"])

    def connections(self) -> list[int]:
        numbers: list[int] = self.get("/connections")["connections"]
        return numbers

    def calls(self, name: str | None = None) -> list[Json]:
        return [call for call in self.get("/calls")["calls"] if name in (None, call["name"])]

    def deliveries(self, kind: str | None = None) -> list[Json]:
        listed = self.get("/deliveries")["deliveries"]
        return [delivery for delivery in listed if kind in (None, delivery["kind"])]

    def deliver_again(self, envelope_id: str) -> bool:
        """Returns whether the app acknowledged it."""
        return bool(self.post("/deliveries/again", envelope_id=envelope_id)["acknowledged"])

    def warnings(self) -> list[Json]:
        listed: list[Json] = self.get("/warnings")["warnings"]
        return listed

    def changes(self, after: int = 0, wait: float = 0) -> list[Json]:
        """The changes after a number. Waits at most `wait` seconds for one."""
        listed: list[Json] = self.get(f"/feed?after={after}&wait={wait}")["changes"]
        return listed


@dataclass(frozen=True)
class SimulatedUser:
    """A user of the workspace, who acts and reads through the control API."""

    workspace: WorkspaceClient
    id: str

    def types(self, line: str, channel: str) -> ActionOutcome:
        """Sends a slash command, like `/ecr-clean team/api`."""
        return self._act("command", line=line, channel=channel)

    def writes(self, text: str, channel: str, thread_ts: str | None = None) -> ActionOutcome:
        """Posts a message. The outcome's `detail` is its timestamp."""
        return self._act("write", text=text, channel=channel, thread_ts=thread_ts)

    def uses(self, action_id: str, *, confirm: bool | None = None, **where: Any) -> ActionOutcome:
        """Clicks a button or chooses `value` in a menu.

        `where`: `channel` and `ts` of a message, or `home=True`, otherwise the topmost modal.
        Optionally also `block_id`, `value`, and `entered` with the values of other fields.
        """
        return self._act("use", action_id=action_id, confirm=confirm, **where)

    def looks_for(self, text: str, action_id: str, **where: Any) -> ActionOutcome:
        """Types in a menu with options from the app, which are the outcome's `options`."""
        return self._act("suggest", value=text, action_id=action_id, **where)

    def submits(self, **values: Any) -> ActionOutcome:
        """Submits the topmost modal, with values by action ID."""
        return self._act("submit", values=values)

    def closes(self, *, everything: bool = False) -> ActionOutcome:
        """Closes the topmost modal, or all modals."""
        return self._act("close", everything=everything)

    def opens_home(self) -> ActionOutcome:
        return self._act("home")

    def joins(self, channel: str) -> ActionOutcome:
        return self._act("join", channel=channel)

    def opens_im(self) -> str:
        """Opens the direct messages with the bot. Returns the channel ID."""
        return str(self.workspace.post("/ims", user=self.id)["id"])

    def sees(self) -> Json:
        """The channels, messages, modals and Home tab that the user sees."""
        visible: Json = self.workspace.get(f"/visible?user={quote(self.id)}")
        return visible

    def messages(self, channel: str) -> list[Json]:
        """The messages of a channel. Raises LookupError if the user cannot see the channel."""
        for each in self.sees()["channels"]:
            if each["id"] == channel:
                messages: list[Json] = each["messages"]
                return messages
        raise LookupError(f"{self.id} cannot see channel {channel}")

    def modal(self) -> Json | None:
        """The topmost modal."""
        modals: list[Json] = self.sees()["modals"]
        return modals[-1] if modals else None

    def home(self) -> Json | None:
        home: Json | None = self.sees()["home"]
        return home

    def _act(self, action: str, **body: Any) -> ActionOutcome:
        given = {name: value for name, value in body.items() if value is not None}
        outcome = self.workspace.post(f"/actions/{action}", user=self.id, **given)
        return ActionOutcome(**{**outcome, "options": tuple(outcome["options"])})
