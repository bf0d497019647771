"""Runs PgBouncer in front of the tests' PostgreSQL, with few connections."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_UNIX, socket

import pytest
from sqlalchemy import URL

from tests.postgres import Server, unprivileged_user

PROGRAM = "pgbouncer"
BESIDE_PATH = "/usr/sbin"
"""Debian's folder for the program. Only root has it in PATH."""

INSTALL = "PgBouncer is missing: apt-get install pgbouncer"
CONNECTIONS = 3
"""To the server, per database. A test can hold one while it uses the store."""

PATIENCE = 20.0
"""Seconds."""


@contextmanager
def pooler(server: Server, mode: str = "transaction") -> Iterator[URL]:
    """Yields the URL to use in place of the server's. Skips the test if there is no PgBouncer. Asks
    for the password of the server's URL, if it has one."""
    program = shutil.which(PROGRAM) or shutil.which(PROGRAM, path=BESIDE_PATH)
    if program is None:
        pytest.skip(INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="ecr-clean-"))
    user = unprivileged_user()
    try:
        settings = _write_settings(folder, server.url, mode)
        if user:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, user)
        running = subprocess.Popen([program, "--quiet", settings], cwd=folder, user=user)
        try:
            _wait_for(folder / ".s.PGSQL.6432")
            yield server.url.set(query={"host": str(folder)}, host=None, port=6432)
        finally:
            running.kill()
            running.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)


def _write_settings(folder: Path, server: URL, mode: str) -> Path:
    users = folder / "users.txt"
    users.write_text(f'"{server.username}" "{server.password or ""}"\n')
    reached = {
        "host": server.host or server.query.get("host"),
        "port": server.port,
        "password": server.password,
    }
    behind = " ".join(f"{key}='{value}'" for key, value in reached.items() if value)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"""[databases]
* = {behind}
[pgbouncer]
pool_mode = {mode}
default_pool_size = {CONNECTIONS}
max_client_conn = 200
listen_port = 6432
unix_socket_dir = {folder}
auth_type = {"scram-sha-256" if server.password else "trust"}
auth_file = {users}
"""
    )
    return settings


def _wait_for(path: Path) -> None:
    """The socket file exists before PgBouncer listens."""
    until = time.monotonic() + PATIENCE
    with socket(AF_UNIX) as line:
        while line.connect_ex(str(path)):
            assert time.monotonic() < until, "PgBouncer did not start"
            time.sleep(0.02)
