"""The doctor's checks of Slack if an answer lacks the header with the scopes."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from slack_sdk import WebClient

from bot.core.doctor_findings import BotSignedIn, DoctorFindingStatus, ScopesUnknown
from bot.slack.doctor_checks import SlackChecks

ANSWER = {"ok": True, "user": "ecr-clean", "team": "Acme", "team_id": "T0000000001"}


class WithoutHeaders(BaseHTTPRequestHandler):
    """Answers without Slack's headers, as a proxy that removes them."""

    def do_POST(self) -> None:
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@pytest.fixture
def proxy() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), WithoutHeaders) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/"
        server.shutdown()


def test_unknown_scopes_are_a_warning(proxy: str) -> None:
    checks = SlackChecks(lambda: WebClient("xoxb-1", base_url=proxy), lambda: "xapp-1", (), ())
    found = {finding.check: finding for finding in checks.findings()}
    assert found["Slack bot token"].detail == BotSignedIn("ecr-clean", "Acme", "T0000000001")
    assert found["Slack scopes"].status is DoctorFindingStatus.WARNING
    assert found["Slack scopes"].detail == ScopesUnknown()
