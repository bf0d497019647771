"""Prints the notes of a release: its section of CHANGELOG.md.

Usage: release_notes.py vVERSION | Unreleased
"""

import re
import sys
from pathlib import Path

from bot import __version__

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"


def main() -> None:
    (release,) = sys.argv[1:]
    if release not in {f"v{__version__}", "Unreleased"}:
        sys.exit(
            f"The tag {release} does not fit version {__version__} in bot/__init__.py: change the "
            f"version, or name the tag v{__version__}"
        )
    heading = "Unreleased" if release == "Unreleased" else __version__
    notes = notes_of(heading, CHANGELOG.read_text())
    if not notes:
        sys.exit(f"CHANGELOG.md has no notes under the heading {heading}: write them first")
    sys.stdout.write(f"{notes}\n")


def notes_of(heading: str, changelog: str) -> str:
    """The text below the heading, up to the next one. Empty if there is none."""
    section = rf"^## \[?{re.escape(heading)}\]?(?: - \d{{4}}-\d\d-\d\d)?$(.*?)(?=^## |\Z)"
    found = re.search(section, changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


if __name__ == "__main__":
    main()
