"""Finds out whether a file is on a network file system, such as Amazon EFS."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MOUNTS = Path("/proc/self/mountinfo")
"""The mounts that this process sees: proc(5). Other systems than Linux have no such file."""

_NETWORK_TYPES = {
    "9p",
    "afs",
    "ceph",
    "cifs",
    "fuse.glusterfs",
    "fuse.sshfs",
    "lustre",
    "nfs",
    "nfs4",
    "smb3",
}

_ESCAPED = re.compile(r"\\([0-7]{3})")
"""White space and backslashes in paths are written as octal numbers."""


class _Mount(NamedTuple):
    point: Path
    type: str


def is_on_network(file: Path) -> bool:
    """False if the mounts cannot be read. The file may not exist yet."""
    path = file.resolve()
    around = [mount for mount in _mounts() if path.is_relative_to(mount.point)]
    if not around:
        return False
    *_, innermost = sorted(around, key=lambda mount: len(mount.point.parts))
    return innermost.type in _NETWORK_TYPES


def _mounts() -> Iterator[_Mount]:
    """In the order of mounting: of several at one point, the last one is visible."""
    try:
        lines = MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        before, _, after = line.partition(" - ")
        point = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), before.split(" ")[4])
        yield _Mount(Path(point), after.split(" ")[0])
