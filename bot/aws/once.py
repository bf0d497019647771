"""Questions that are asked once in a run."""

from collections.abc import Callable
from copy import copy
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

from bot.core.errors import ServiceError

Self = TypeVar("Self")
Answer = TypeVar("Answer")


def once(ask: Callable[[Self], Answer]) -> Callable[[Self], Answer]:
    """A method without arguments whose first answer stands for the object's life. A ServiceError
    is an answer too: what is refused or throttled is not asked again for each repository. Threads
    that ask meanwhile wait for it."""
    name = f"_answer_of_{ask.__name__}"

    @wraps(ask)
    def answer(self: Self) -> Answer:
        known: dict[str, Any] = vars(self)
        with known.setdefault(f"{name}_lock", Lock()):
            if name not in known:
                try:
                    known[name] = ask(self)
                except ServiceError as error:
                    known[name] = error
        found = known[name]
        if isinstance(found, ServiceError):
            raise copy(found) from found
        told: Answer = found
        return told

    return answer
