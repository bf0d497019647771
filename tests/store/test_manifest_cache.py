"""The manifest cache: a file that may be deleted at any time."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import ServiceError
from bot.core.manifest import OCI_INDEX, OCI_MANIFEST, SCHEMA_1_SIGNED, Blob, ManifestContent
from bot.core.pull_times import BotRead, TimeSpan
from bot.core.repository import RegistryId, RepositoryId
from bot.core.workload_counts import WorkloadCount, WorkloadHistory
from bot.store.manifest_cache import SqliteManifestCache
from tests.store.support import journal_of, mount
from tests.support import NOW

PLACE = RegistryId("123456789012", "eu-west-1")
HERE = RepositoryId(PLACE, "team/api", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api")
THERE = RepositoryId(PLACE, "team/web", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web")
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
IMAGE = ManifestContent(
    OCI_MANIFEST,
    "application/vnd.oci.image.config.v1+json",
    (Blob("sha256:c", 10), Blob("sha256:l", 2**40)),
    subject="sha256:s",
)
INDEX = ManifestContent(OCI_INDEX, children=("sha256:b", "sha256:a"))
OLD = ManifestContent(SCHEMA_1_SIGNED, blobs=None)
MODEL = ManifestContent(OCI_MANIFEST, OCI_EMPTY, artifact_type="application/vnd.cncf.model.v1+json")
EVERYTHING = {"sha256:1": IMAGE, "sha256:2": INDEX, "sha256:3": OLD, "sha256:4": MODEL}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ecr-clean" / "manifests.db"


def test_contents_are_there_after_reopening(path: Path) -> None:
    read = BotRead(NOW, NOW - timedelta(days=20))
    again = BotRead(NOW + timedelta(hours=1), None)
    with SqliteManifestCache(path) as cache:
        cache.add_contents(EVERYTHING)
        cache.add_bot_reads(HERE, {"sha256:1": read})
        cache.add_bot_reads(HERE, {"sha256:1": again})
        cache.add_subjects_seen(HERE, ["sha256:9"])
    with SqliteManifestCache(path) as cache:
        assert cache.contents([*EVERYTHING, "sha256:unknown"]) == EVERYTHING
        assert sorted(cache.bot_reads(HERE)["sha256:1"], key=lambda r: r.at) == [read, again]
        assert cache.subjects_seen(HERE) == {"sha256:9"}


def test_a_cache_on_a_network_file_system_has_a_rollback_journal(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SqliteManifestCache(path) as cache:
        cache.add_contents(EVERYTHING)
    mount(path.parent, "nfs4", monkeypatch)
    with SqliteManifestCache(path) as cache:
        assert journal_of(path) == "delete"
        assert cache.contents(EVERYTHING) == EVERYTHING


def test_repositories_share_only_contents(path: Path) -> None:
    with SqliteManifestCache(path) as cache:
        cache.add_bot_reads(HERE, {"sha256:1": BotRead(NOW, None)})
        cache.add_subjects_seen(HERE, ["sha256:9"])
        assert cache.bot_reads(THERE) == {}
        assert cache.subjects_seen(THERE) == frozenset()


def test_known_contents_are_not_replaced(path: Path) -> None:
    with SqliteManifestCache(path) as cache:
        cache.add_contents({"sha256:1": IMAGE})
        cache.add_contents({"sha256:1": OLD})
        assert cache.contents(["sha256:1"]) == {"sha256:1": IMAGE}


@pytest.mark.parametrize("count", [0, 500, 501, 1200])
def test_any_number_of_digests(count: int, path: Path) -> None:
    contents = {f"sha256:{number}": INDEX for number in range(count)}
    with SqliteManifestCache(path) as cache:
        cache.add_contents(contents)
        assert cache.contents(iter(contents)) == contents


def test_equal_blobs_are_one_object(path: Path) -> None:
    other = ManifestContent(OCI_MANIFEST, blobs=(Blob("sha256:l", 5),))
    with SqliteManifestCache(path) as cache:
        cache.add_contents({"sha256:1": IMAGE, "sha256:2": IMAGE, "sha256:3": other})
        found = cache.contents(["sha256:1", "sha256:2", "sha256:3"])
    first, second = found["sha256:1"].blobs, found["sha256:2"].blobs
    assert first
    assert second
    assert all(map(lambda a, b: a is b, first, second))
    assert found["sha256:3"].blobs == (Blob("sha256:l", 5),)


def test_threads_share_the_file(path: Path) -> None:
    def work(number: int) -> int:
        with SqliteManifestCache(path) as cache:
            for step in range(20):
                cache.add_contents({f"sha256:{number}-{step}": INDEX, "sha256:same": INDEX})
            return len(cache.contents([f"sha256:{number}-{step}" for step in range(20)]))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [20] * 4


def test_processes_create_the_file_at_the_same_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(25):
            paths = [tmp_path / f"{number}.db"] * 8
            assert list(pool.map(_is_empty, paths)) == [True] * 8


def _is_empty(path: Path) -> bool:
    with SqliteManifestCache(path) as cache:
        return not cache.contents(["sha256:x"])


def test_processes_share_the_file(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from bot.core.manifest import ManifestContent\n"
        "from bot.store.manifest_cache import SqliteManifestCache\n"
        "with SqliteManifestCache(Path(sys.argv[1])) as cache:\n"
        "    for step in range(50):\n"
        "        cache.add_contents({f'sha256:{sys.argv[2]}-{step}': ManifestContent('t')})\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    started = [subprocess.Popen([*command, str(number)]) for number in range(2)]
    assert [process.wait(60) for process in started] == [0, 0]
    with SqliteManifestCache(path) as cache:
        wanted = [f"sha256:{number}-{step}" for number in range(2) for step in range(50)]
        assert len(cache.contents(wanted)) == 100


def test_a_damaged_file_is_an_error(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    refuses(path, "file is not a database")


def test_a_damaged_file_is_not_kept_open(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(ServiceError) as refused:
        SqliteManifestCache(path)
    assert path not in open_files()
    assert refused.traceback, "keeps the cache in memory"


def open_files() -> set[Path]:
    return {file.resolve() for file in Path("/proc/self/fd").iterdir()}


def test_damaged_contents_are_an_error(path: Path) -> None:
    with SqliteManifestCache(path) as cache:
        cache.add_contents({"sha256:1": IMAGE})
    with sqlite3.connect(path) as db:
        db.execute("UPDATE manifests SET content = 'half a'")
    db.close()
    with SqliteManifestCache(path) as cache, pytest.raises(ServiceError, match="cannot be used"):
        cache.contents(["sha256:1"])


def test_an_older_file_loses_only_manifests_that_may_have_an_artifact_type(path: Path) -> None:
    read = BotRead(NOW, None)
    with SqliteManifestCache(path) as cache:
        cache.add_contents(EVERYTHING)
        cache.add_bot_reads(HERE, {"sha256:1": read})
    with sqlite3.connect(path) as db:
        db.execute("UPDATE manifests SET content = CAST(replace(content, ',null]', ']') AS BLOB)")
        db.execute("ALTER TABLE our_reads DROP COLUMN recorded_from")
        db.execute("ALTER TABLE our_reads DROP COLUMN recorded_until")
        db.execute("PRAGMA user_version = 1")
    db.close()
    with SqliteManifestCache(path) as cache:
        assert cache.contents(EVERYTHING) == {"sha256:1": IMAGE}
        assert cache.bot_reads(HERE).keys() == {"sha256:1"}
        cache.add_contents(EVERYTHING)
    with SqliteManifestCache(path) as cache:
        assert cache.contents(EVERYTHING) == EVERYTHING


def test_a_file_of_the_first_version_keeps_its_data(path: Path) -> None:
    """It stored no durations of reads, so they count as 10 seconds."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as older:
        older.execute("CREATE TABLE manifests (digest TEXT PRIMARY KEY, content BLOB NOT NULL)")
        older.execute(
            "CREATE TABLE our_reads (repository TEXT, digest TEXT, at REAL, pulled_before REAL, "
            "PRIMARY KEY (repository, digest, at)) WITHOUT ROWID"
        )
        read = (HERE.uri, "sha256:1", NOW.timestamp(), None)
        older.execute("INSERT INTO our_reads VALUES (?, ?, ?, ?)", read)
        older.execute(
            "CREATE TABLE usage_listed (source TEXT, scope TEXT, is_believed INTEGER, "
            "workloads INTEGER, at REAL, PRIMARY KEY (source, scope, is_believed)) WITHOUT ROWID"
        )
        listed = [("ecs", "here", is_believed, 7, NOW.timestamp()) for is_believed in (0, 1)]
        older.executemany("INSERT INTO usage_listed VALUES (?, ?, ?, ?, ?)", listed)
        older.execute("PRAGMA user_version = 1")
        older.commit()
    span = TimeSpan(NOW - timedelta(seconds=1), NOW + timedelta(seconds=10))
    for _ in range(2):
        with SqliteManifestCache(path) as cache:
            assert cache.bot_reads(HERE) == {"sha256:1": [BotRead(NOW, None, span)]}
            listed_then = WorkloadCount(7, NOW)
            assert cache.history("ecs", "here") == WorkloadHistory(listed_then, (listed_then,))


def test_a_newer_version_is_an_error(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    refuses(path, "version 99")


def test_a_read_only_folder_is_an_error(locked_folder: Path) -> None:
    refuses(locked_folder / "ecr-clean" / "manifests.db", "Permission denied")


def test_a_file_instead_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ecr-clean").write_text("")
    refuses(tmp_path / "ecr-clean" / "manifests.db", "ecr-clean")


def test_a_folder_instead_of_the_file_is_an_error(path: Path) -> None:
    path.mkdir(parents=True)
    refuses(path, "unable to open database file")


def refuses(path: Path, why: str) -> None:
    with pytest.raises(ServiceError) as caught:
        SqliteManifestCache(path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert why in sentence
    assert "delete the file, or set XDG_CACHE_HOME" in sentence
    assert "\n" not in sentence
