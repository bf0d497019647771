"""The Slack workspace of the demo."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import bot
from bot.core.errors import RequestError

if TYPE_CHECKING:
    from bot.playground.slack import Workspace

MANIFEST = Path(bot.__file__).parent.parent / "manifest.yml"
"""That of the app, as it is installed anywhere."""


@contextmanager
def open_workspace(port: int) -> Iterator["Workspace"]:
    """Raises RequestError if the port is taken."""
    from bot.playground.slack import Workspace  # noqa: PLC0415 - no other command needs it

    with ExitStack() as stack:
        try:
            workspace = stack.enter_context(Workspace(MANIFEST, port))
        except OSError as error:
            raise RequestError(
                f"Port {port} cannot be used ({error.strerror}): name another one with --port, or "
                "none, which takes a free one"
            ) from error
        yield workspace
