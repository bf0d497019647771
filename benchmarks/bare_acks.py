"""Baseline for `acks`: an app that only acknowledges everything from Socket Mode."""

import json
import os

from slack_sdk import WebClient
from websocket import WebSocketApp


def acknowledge(line: WebSocketApp, text: str) -> None:
    if envelope := json.loads(text).get("envelope_id"):
        line.send(json.dumps({"envelope_id": envelope}))


client = WebClient(base_url=os.environ["SLACK_API_URL"])
opened = client.apps_connections_open(app_token=os.environ["SLACK_APP_TOKEN"])
WebSocketApp(opened["url"], on_message=acknowledge).run_forever()
