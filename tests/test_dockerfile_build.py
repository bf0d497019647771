"""Every step of the Dockerfile, carried out without Docker, and the bot that it installs."""

import json
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import __version__
from bot.playground.aws import AwsStandIn
from tests.dockerfile_build import DockerfileBuild, Image, instructions, run_in
from tests.postgres import Server
from tests.support import Shelf

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("image"), pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "Dockerfile").read_text()
PATIENCE = 60.0
"""Seconds."""


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> DockerfileBuild:
    return DockerfileBuild(ROOT, tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def image(build: DockerfileBuild) -> Image:
    return build.build(TEXT)


def entrypoint(image: Image) -> list[str]:
    return [str(each) for each in json.loads(image.settings["ENTRYPOINT"])]


def health(image: Image) -> list[str]:
    return [str(each) for each in json.loads(image.settings["HEALTHCHECK"].partition("CMD ")[2])]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--version",), f"ecr-clean {__version__}\n"), (("serve", "--help"), "Run the bot: Slack")],
)
def test_the_command(arguments: tuple[str, ...], said: str, image: Image) -> None:
    result = run_in(image, *entrypoint(image), *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert said in result.stdout


def test_without_serve_the_health_check_fails(image: Image, tmp_path: Path) -> None:
    result = run_in(image, *health(image), ECR_CLEAN_HEARTBEAT=str(tmp_path))
    assert result.returncode == 1
    assert "No heartbeat in the last 60 seconds from serve and worker" in result.stderr


def test_the_packages(image: Image) -> None:
    """The driver of PostgreSQL, but no tools and no demo."""
    for name, is_there in {"psycopg": True, "starlette": False, "pytest": False}.items():
        result = run_in(image, "python", "-c", f"import {name}")
        assert (result.returncode == 0) == is_there, result.stderr
    assert shutil.which("uv", path=image.environment["PATH"]) is None


def test_every_user_can_read_the_bot(build: DockerfileBuild, image: Image) -> None:
    result = run_in(image, "python", "-c", "import bot; print(bot.__file__)")
    folder = Path(result.stdout.strip()).parent
    assert folder.is_relative_to(build.root / "opt")
    for path in folder.parent.rglob("*"):
        assert path.stat().st_mode & stat.S_IROTH, path
    assert list(folder.glob("__pycache__/*.pyc")), "the bytecode is compiled"


@pytest.mark.usefixtures("image")
def test_the_user_and_its_folders(build: DockerfileBuild, image: Image) -> None:
    useradd, install = build.calls
    name = useradd[-1]
    uid = useradd[useradd.index("--uid") + 1]
    assert image.settings["USER"] == f"{uid}:{uid}"
    assert {f"--owner={name}", f"--group={name}"} <= set(install)
    for program, *arguments in (useradd, install):
        known = subprocess.run(
            [shutil.which(program, path="/usr/sbin:/usr/bin") or program, "--help"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        for option in (each.partition("=")[0] for each in arguments if each.startswith("--")):
            assert option in known.stdout, f"{program} has no {option}"
    folders = {each for each in install if each.startswith("/")}
    assert set(json.loads(image.settings["VOLUME"])) <= folders
    assert str(image.folder).removeprefix(str(build.root)) in folders


def test_a_plan(image: Image, shelf: Shelf, environment: Path, aws: AwsStandIn) -> None:
    shelf.images(12)
    settings = (environment / "ecr-clean.yml").read_text()
    command = [*entrypoint(image), "plan", "team/api", "--format", "json"]
    result = run_in(image, *command, **aws.environment(), ECR_CLEAN_SETTINGS=settings)
    assert (result.returncode, result.stderr) == (0, "")
    assert len(json.loads(result.stdout)["delete"]) == 2
    cache = Path(image.environment["XDG_CACHE_HOME"], "ecr-clean", "manifests.db")
    assert cache.exists()


def test_serve_becomes_healthy(image: Image, aws: AwsStandIn, postgresql: Server) -> None:
    with postgresql.database(migrated=False) as url, serving(image, aws, url):
        until = time.monotonic() + PATIENCE
        while run_in(image, *health(image)).returncode:
            assert time.monotonic() < until, "serve does not become healthy"


@contextmanager
def serving(image: Image, aws: AwsStandIn, url: str) -> Iterator[None]:
    command = [*entrypoint(image), *json.loads(image.settings["CMD"])]
    program = shutil.which(command[0], path=image.environment["PATH"])
    assert program
    environment = {**image.environment, **aws.environment(), "DATABASE_URL": url}
    with subprocess.Popen(
        [program, *command[1:]], env=environment, cwd=image.folder, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0


def test_the_steps_are_read_as_docker_reads_them() -> None:
    text = "# a\nFROM x AS y\nRUN a \\\n    # of a step\n    && b\n\nENV A=1 \\\n    B=2\n"
    assert list(instructions(text)) == [
        ("FROM", "x AS y"),
        ("RUN", "a && b"),
        ("ENV", "A=1 B=2"),
    ]
    assert not re.search(r"<<\w", TEXT), "here-documents are not read"
