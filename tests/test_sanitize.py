"""The sanitizer of the process, with the secrets in its environment."""

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from bot import sanitize
from bot.process import log_to_stderr
from bot.render.output import dumps

SECRET = "FwoGSECRET1"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", SECRET)


def test_text_of_a_library_becomes_part_of_a_sentence() -> None:
    error = ValueError(f"bad:\n  {SECRET}\x1b")
    assert sanitize.quoted(error) == "bad: ***\x1b"
    assert sanitize.line(f"({sanitize.quoted(error)})") == r"(bad: ***\x1b)"


def test_secrets_follow_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sanitize.lines(f"{SECRET}\n") == "***\n"
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another")
    assert sanitize.lines(f"{SECRET}\n") == f"{SECRET}\n"


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """The log since the test called `log_to_stderr`."""
    ours = logging.getLogger("bot")
    before = (ours.handlers[:], ours.propagate, ours.level, threading.excepthook)
    yield lambda: capsys.readouterr().err
    ours.handlers[:], ours.propagate, ours.level, threading.excepthook = before


def test_an_event_is_one_line_in_the_log(log: Callable[[], str]) -> None:
    log_to_stderr()
    logging.getLogger("bot.test").warning("%s", f"a\n2026 ERROR forged {SECRET}\u202e")
    (line,) = log().splitlines()
    assert line.endswith(r"WARNING a\n2026 ERROR forged ***\u202e")


def test_a_traceback_in_the_log(log: Callable[[], str]) -> None:
    log_to_stderr()
    error = ValueError(f"Invalid header value b'{SECRET}\\n'\x1b")
    logging.getLogger("bot.test").error("it failed", exc_info=error)
    said = log()
    assert r"ValueError: Invalid header value ***\x1b" in said
    assert SECRET not in said
    assert "\x1b" not in said


def test_an_uncaught_error_in_a_thread_is_logged(log: Callable[[], str]) -> None:
    log_to_stderr()

    def fail() -> None:
        raise ValueError(SECRET)

    for end in (fail, sys.exit):
        thread = threading.Thread(target=end)
        thread.start()
        thread.join()
    (line,) = log().splitlines()
    assert line.endswith("An internal error ended a thread: ValueError: ***")


@pytest.mark.parametrize("before", ["\n", "\t", "\x1b", '"', "\\"])
def test_json_hides_secrets_after_an_escape(before: str) -> None:
    """JSON writes a line end as `\\n`: the letter n is not part of the key after it."""
    key = f"AKIA{'A1B2' * 4}"
    assert json.loads(dumps({"reason": f"{before}{key}"})) == {"reason": f"{before}***"}
