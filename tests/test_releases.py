"""Workflows, release notes, and the one place of the version."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot import __version__
from bot.store.database import CURRENT
from tests.store.earlier_databases import REVISIONS
from tests.support import Result

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")
MAY_NAME_VERSIONS = {"CHANGELOG.md", "uv.lock", "bot/__init__.py"}
SHIPPED = ("bot", "deploy", "docs", ".github", ".ci")

CHANGELOG = """# Changelog

## Unreleased

## 1.2.0 - 2026-11-29

### Added
- More.

## 1.2.0rc1 - 2026-11-01

### Fixed
- Less.
"""


def test_actions_are_pinned_by_commit_and_everywhere_alike() -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for workflow in WORKFLOWS:
        for line in workflow.read_text().splitlines():
            if "uses:" in line:
                pinned = PINNED.search(line)
                assert pinned, f"{workflow.name}: {line.strip()}"
                found.setdefault(pinned[1], set()).add((pinned[2], pinned[3]))
    assert {name: len(pins) for name, pins in found.items()} == dict.fromkeys(found, 1)


def test_jobs_have_least_permissions_and_a_time_limit() -> None:
    for workflow, name, job in jobs():
        assert "timeout-minutes" in job, f"{workflow}: {name}"
        assert "permissions" in job, f"{workflow}: {name}"
        assert job["permissions"].get("contents") != "write" or name == "github"
    assert all(read(workflow)["permissions"] == {} for workflow in WORKFLOWS)


def test_only_tags_publish() -> None:
    """A release that is started by hand is a dry run."""
    release = read(ROOT / ".github" / "workflows" / "release.yml")
    is_tag = "${{ github.event_name == 'push' }}"
    assert release["on"] == {"push": {"tags": ["v*"]}, "workflow_dispatch": None}
    for name in ("pypi", "github"):
        assert release["jobs"][name]["if"] == is_tag
    steps = release["jobs"]["image"]["steps"]
    (build,) = [step for step in steps if step.get("id") == "build"]
    assert build["with"]["push"] == is_tag
    after = steps[steps.index(build) + 1 :]
    assert after
    assert {step["if"] for step in after} == {is_tag}


def test_workflows_use_the_supported_versions_of_python() -> None:
    (least,) = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    test = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]
    versions = test["strategy"]["matrix"]["python"]
    assert versions[0] == least
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert set(re.findall(r"^FROM python:(3\.\d+)", dockerfile, re.MULTILINE)) <= set(versions)


def test_workflows_call_targets_and_files_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for _, _, job in jobs():
        for step in job["steps"]:
            script = step.get("run", "")
            assert set(re.findall(r"^make ([a-z-]+)", script, re.MULTILINE)) <= targets
            assert all((ROOT / name).exists() for name in re.findall(r"\.ci/[a-z_.-]+", script))


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for workflow in WORKFLOWS:
        for name, job in read(workflow)["jobs"].items():
            yield workflow.name, name, job


def read(file: Path) -> dict[str, Any]:
    content = YAML(typ="safe").load(file)
    assert isinstance(content, dict)
    return content


def test_the_version_stands_in_one_place() -> None:
    version = re.compile(rf"(?<![\w.]){re.escape(__version__)}(?![\w.])")
    files = [file for file in ROOT.iterdir() if file.is_file() and not _is_of_a_tool(file)]
    for folder in SHIPPED:
        files += [file for file in (ROOT / folder).rglob("*") if file.suffix != ".pyc"]
    repeated = {
        str(file.relative_to(ROOT))
        for file in files
        if file.is_file() and version.search(file.read_text(errors="ignore"))
    }
    assert repeated <= MAY_NAME_VERSIONS


def _is_of_a_tool(file: Path) -> bool:
    return file.name.startswith(".coverage")


@pytest.mark.parametrize(
    ("release", "notes"),
    [("v1.2.0", "### Added\n- More.\n"), ("v1.2.0rc1", "### Fixed\n- Less.\n")],
)
def test_release_notes(tmp_path: Path, release: str, notes: str) -> None:
    assert release_notes(tmp_path, release.removeprefix("v"), release) == Result(0, notes, "")


def test_release_notes_of_another_version_are_refused(tmp_path: Path) -> None:
    answer = release_notes(tmp_path, "1.1.0", "v1.2.0")
    assert answer.status == 1
    assert answer.err.startswith("The tag v1.2.0 does not fit version 1.1.0 in bot/__init__.py")


@pytest.mark.parametrize("release", ["v1.3.0", "Unreleased"])
def test_a_release_without_notes_is_refused(tmp_path: Path, release: str) -> None:
    answer = release_notes(tmp_path, "1.3.0", release)
    heading = release.removeprefix("v")
    assert answer.err == (
        f"CHANGELOG.md has no notes under the heading {heading}: write them first\n"
    )
    assert answer.status == 1


def release_notes(folder: Path, version: str, release: str) -> Result:
    """In a clone with this version and the changelog above."""
    for name in (".ci", "bot"):
        (folder / name).mkdir()
    (folder / "bot" / "__init__.py").write_text(f'__version__ = "{version}"\n')
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    script = shutil.copy(ROOT / ".ci" / "release_notes.py", folder / ".ci")
    answer = subprocess.run(
        [sys.executable, script, release],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Result(answer.returncode, answer.stdout, answer.stderr)


def test_the_changelog_has_notes() -> None:
    script = ROOT / ".ci" / "release_notes.py"
    command = [sys.executable, str(script), "Unreleased"]
    environment = {"PYTHONPATH": str(ROOT)}
    notes = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60)
    assert b"### " in notes.stdout


def test_the_databases_are_of_earlier_versions() -> None:
    assert REVISIONS
    assert max(REVISIONS) <= CURRENT
