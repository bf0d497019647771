"""The Dockerfile matches the bot, and follows rules that no linter checks."""

import json
import re
from pathlib import Path

from bot.cli.main import COMMANDS
from bot.settings.environment import Environment

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "Dockerfile").read_text()


def instructions(name: str) -> list[str]:
    """The arguments of each instruction, on one line."""
    joined = re.sub(r"\\\n\s*", "", TEXT)
    return re.findall(rf"^{name} (.+)$", joined, re.MULTILINE)


def test_the_base_image_is_pinned_and_used_by_every_stage() -> None:
    base, *others = instructions("FROM")
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+ AS python", base)
    assert [stage.split()[0] for stage in others] == ["python"] * len(others)


def test_packages_are_installed_from_the_lock_file() -> None:
    syncs = [line for line in instructions("RUN") if "uv sync" in line]
    assert syncs
    for line in syncs:
        assert {"--locked", "--no-default-groups", "--extra postgresql"} <= set(
            re.findall(r"--(?:extra )?[a-z-]+", line)
        )
    (pinned,) = re.findall(r"uv==([\d.]+)", TEXT)
    lock = (ROOT / "uv.lock").read_text()
    locked = re.search(r'^name = "uv"\nversion = "([\d.]+)"', lock, re.MULTILINE)
    assert locked
    assert pinned == locked[1]


def test_the_last_stage_has_no_build_steps() -> None:
    last = TEXT.rpartition("\nFROM ")[2]
    assert "--from=build" in last
    assert not re.search(r"\b(uv|pip|apt-get) ", last)


def test_the_container_does_not_run_as_root() -> None:
    assert instructions("USER") == ["10001:10001"]
    (made,) = [line for line in instructions("RUN") if "useradd" in line]
    assert "--uid 10001" in made


def test_the_commands_exist() -> None:
    (health,) = re.findall(r"^HEALTHCHECK .*CMD (.+)$", TEXT, re.MULTILINE)
    assert instructions("ENTRYPOINT") == ['["ecr-clean"]']
    called = json.loads(health)
    assert called[0] == "ecr-clean"
    assert {called[1], *json.loads(instructions("CMD")[0])} == {"health", "serve"}
    assert {"health", "serve"} <= COMMANDS.keys()


def test_the_environment_variables_exist() -> None:
    given = dict(pair.split("=", 1) for pair in instructions("ENV")[-1].split())
    ours = {name for name in given if name.startswith(("ECR_CLEAN_", "XDG_"))}
    assert {name.lower() for name in ours} <= Environment.model_fields.keys()
    assert given["PYTHONUNBUFFERED"] == "1"
    environment = Environment.model_validate({name.lower(): given[name] for name in ours})
    (made,) = [line for line in instructions("RUN") if "install --directory" in line]
    assert f" {environment.state_folder} " in made
    assert made.endswith(f" {environment.cache_folder}")
    assert environment.ecr_clean_require_persistent_state


def test_the_copied_files_exist_and_are_not_ignored() -> None:
    copied = {
        name
        for line in instructions("COPY")
        if not line.startswith("--from")
        for name in line.split()[:-1]
    }
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line.removeprefix("!") for line in let_in if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)
