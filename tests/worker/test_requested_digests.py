"""A digest that a user requests: its round is planned, and its message shows the progress."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.core.digests import Digest
from bot.core.report_schedules import (
    LISTING_TIMEOUT,
    ReportOutcome,
    entry_named,
    requested_round,
)
from bot.playground.aws import AwsStandIn
from bot.playground.aws import Fault as AwsFault
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.usecases.deletion.lease import JOB_LEASE
from bot.usecases.digests import DIGEST, new_digest
from bot.worker.job_queue import MAX_ATTEMPTS, MAX_DELAY
from tests.cli.stored_plans import LOOKED_AT
from tests.support import Shelf
from tests.worker.support import Office
from tests.worker.test_digests import files, states, sweep
from tests.worker.test_scheduled_reports import Killed, die_at, queue_and_work, work

TITLE = "ECR cleanup · 1 repository could save $29 a year."


@pytest.fixture
def settings(settings_file: Callable[[str], Path], channel: str) -> Settings:
    del channel
    team = "{repositories: ['team/*'], channel: '#cleanups', min_saving: 0.01}"
    settings_file(f"{LOOKED_AT}reports: [{team}, {{channel: '#cleanups'}}]\n")
    return load_settings(None)


def finish(office: Office) -> None:
    """Handles all jobs: the first one queues others, which start one after another."""
    for _ in range(2):
        work(office)


def request(office: Office, name: str = "team/*") -> Digest:
    """Posts the message and queues the request, as the slash command does."""
    settings = office.slack.services().workspace.settings
    entry = entry_named(name, settings.due_entries())
    assert entry
    now = office.watch()
    digest = office.store.make_digest(new_digest(requested_round(entry, now), entry, now))
    posted = office.client.chat_postMessage(channel=office.channel, text="Listing …")
    assert office.store.mark_digest_posted(digest, str(posted["ts"]))
    office.store.put_job(DIGEST, {"digest": digest.id}, now)
    return digest


@pytest.fixture
def team(aws: AwsStandIn) -> None:
    Shelf(aws, "team/api").large_releases()
    Shelf(aws, "team/web").images(2)
    Shelf(aws, "lab/a").large_releases()


@pytest.mark.usefixtures("team")
def test_it_becomes_a_digest_of_the_entry(office: Office, settings: Settings) -> None:
    """Even for a single plan. The next scheduled round is independent of it."""
    del settings
    digest = request(office)
    finish(office)
    (message,) = office.messages
    assert message["text"].startswith(TITLE)
    assert states(message) == {"team/api": "waiting"}
    assert len(files(message)) == 1
    found = {e.report.name: e.report.outcome for e in office.store.digest_reports(digest)}
    assert found == {"team/api": ReportOutcome.POSTED, "team/web": ReportOutcome.NOTHING}


@pytest.mark.usefixtures("team")
def test_it_shows_the_progress(office: Office) -> None:
    request(office)
    assert office.jobs.do_next()
    sweep(office)
    (message,) = office.messages
    assert message["text"] == "ECR cleanup: 0 of 2 repositories scanned …"


@pytest.mark.usefixtures("team")
def test_two_digests_shorten_the_first(office: Office) -> None:
    for _ in range(2):
        request(office)
        finish(office)
    older, newer = office.messages
    assert older["text"].endswith("|newer digest> is below.")
    assert states(newer) == {"team/api": "waiting"}


@pytest.mark.usefixtures("team")
@pytest.mark.parametrize("called", ["claim_reports", "record_report", "mark_digest_shown"])
def test_a_worker_dies(office: Office, monkeypatch: pytest.MonkeyPatch, called: str) -> None:
    request(office)
    die_at(office.store, monkeypatch, called, lands=True)
    with pytest.raises(Killed):
        finish(office)
    office.watch.passed += JOB_LEASE
    finish(office)
    sweep(office)
    (message,) = office.messages
    assert message["text"].startswith(TITLE)


def test_no_repository(office: Office, aws: AwsStandIn) -> None:
    Shelf(aws, "lab/a").images(1)
    request(office)
    finish(office)
    (message,) = office.messages
    assert message["text"] == "No repository matches `team/*` in `reports`."
    assert office.store.newest_digest() is None


@pytest.mark.usefixtures("team")
def test_the_registry_cannot_be_listed_for_minutes(office: Office, aws: AwsStandIn) -> None:
    fault = AwsFault(operation="DescribeRepositories", error="AccessDeniedException", times=2)
    aws.world.faults.add(fault)
    request(office)
    for _ in range(8):
        work(office)
    (message,) = office.messages
    assert message["text"].startswith(TITLE)


@pytest.mark.usefixtures("team")
def test_the_registry_cannot_be_listed(office: Office, settings: Settings, aws: AwsStandIn) -> None:
    aws.world.faults.add(
        AwsFault(operation="DescribeRepositories", error="AccessDeniedException", times=None)
    )
    request(office)
    finish(office)
    office.watch.passed += LISTING_TIMEOUT + MAX_DELAY
    queue_and_work(office, settings)
    (message,) = office.messages
    assert "could not be listed, so its reports are missing" in message["text"]
    assert office.take() is None


@pytest.mark.usefixtures("team")
def test_a_request_that_ends_every_worker(office: Office) -> None:
    request(office)
    for _ in range(MAX_ATTEMPTS):
        assert office.take()
        office.watch.passed += JOB_LEASE
    finish(office)
    (message,) = office.messages
    assert message["text"].startswith("The digest of team/")
    assert "3 attempts failed" in message["text"]


def test_the_settings_have_changed(office: Office) -> None:
    for attempts in (0, MAX_ATTEMPTS):
        office.store.put_job(DIGEST, {"digest": "unknown"}, office.watch())
        for _ in range(attempts):
            assert office.take()
            office.watch.passed += JOB_LEASE
        finish(office)
    assert office.messages == []
    assert office.take() is None
