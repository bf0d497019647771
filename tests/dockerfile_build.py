"""Carries out a Dockerfile without Docker and without root.

Every image is a folder, and all steps use the same path for it, as in a container: scripts contain
the path of their interpreter. Absolute paths in the steps are moved into the folder. Programs that
need root are replaced by scripts that record how they are called.
"""

import os
import re
import shlex
import shutil
import subprocess
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECONDS_FOR_A_STEP = 280
MOVED = re.compile(r"(?<![\w./-])/(?=(?:etc|opt|source|tmp|var)\b)")
"""The start of an absolute path. Other folders of this machine are used as they are."""

PASSED = ("PIP_", "SSL_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_", "https_", "no_proxy")
"""Variables of this machine that say how to reach the package index."""

RECORD = 'echo "${0##*/} $*" >>"${0%/*}/calls"\n'
AS_ROOT = {
    "useradd": RECORD,
    "install": f'{RECORD}for each; do case $each in -*) ;; *) mkdir -p "$each" ;; esac; done\n',
}


@dataclass(slots=True)
class Image:
    """`settings`: the arguments of the instructions that run nothing, such as CMD."""

    environment: dict[str, str]
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DockerfileBuild:
    """`context`: where COPY finds files. `folder`: an empty one, for all images."""

    context: Path
    folder: Path
    stages: dict[str, Path] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The file system of the current image."""
        return self.folder / "root"

    @property
    def _as_root(self) -> Path:
        return self.folder / "as-root"

    @property
    def calls(self) -> list[list[str]]:
        """Calls of programs that need root, with their arguments."""
        lines = (self._as_root / "calls").read_text().splitlines()
        return [line.replace(str(self.root), "").split() for line in lines]

    def build(self, text: str) -> Image:
        """Returns the last stage."""
        self._write_programs()
        image = Image({}, self.root)
        name, images = "", {}
        for instruction, arguments in instructions(text):
            if instruction == "FROM":
                if name:
                    images[name] = image
                    self.stages[name] = self.root.rename(self.folder / name)
                base, _, name = arguments.partition(" AS ")
                image = self._start(images.get(base), self.stages.get(base))
            else:
                self._carry_out(instruction, arguments, image)
        return image

    def _write_programs(self) -> None:
        self._as_root.mkdir()
        for name, script in AS_ROOT.items():
            program = self._as_root / name
            program.write_text(f"#!/bin/sh\n{script}")
            program.chmod(0o755)

    def _start(self, base: Image | None, files: Path | None) -> Image:
        """Without a stage as base, the image has only Python, as the official ones do."""
        if base and files:
            shutil.copytree(files, self.root, symlinks=True)
            return Image(dict(base.environment), self.root)
        venv.create(self.root / "usr" / "local", with_pip=True, symlinks=True)
        path = (self._as_root, self.root / "usr" / "local" / "bin", "/usr/bin", "/bin")
        return Image({"PATH": os.pathsep.join(map(str, path))}, self.root)

    def _carry_out(self, instruction: str, arguments: str, image: Image) -> None:
        match instruction:
            case "RUN":
                self._run(arguments, image)
            case "COPY":
                self._copy(shlex.split(arguments), image)
            case "ENV":
                for pair in shlex.split(arguments):
                    key, _, value = pair.partition("=")
                    image.environment[key] = self._inside(value).replace(
                        "$PATH", image.environment["PATH"]
                    )
            case "WORKDIR":
                image.folder = Path(self._inside(arguments))
                image.folder.mkdir(parents=True, exist_ok=True)
            case "USER" | "VOLUME" | "HEALTHCHECK" | "ENTRYPOINT" | "CMD":
                image.settings[instruction] = arguments
            case _:
                raise NotImplementedError(instruction)

    def _run(self, command: str, image: Image) -> None:
        own = {name: value for name, value in os.environ.items() if name.startswith(PASSED)}
        result = subprocess.run(
            ["/bin/sh", "-ec", self._inside(command)],
            env={"HOME": os.environ.get("HOME", "/"), **own, **image.environment},
            cwd=image.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_FOR_A_STEP,
            umask=0o022,
        )
        assert result.returncode == 0, f"RUN {command}\n{result.stdout}{result.stderr}"

    def _copy(self, arguments: Sequence[str], image: Image) -> None:
        *sources, target = (each for each in arguments if not each.startswith("--"))
        option = next((each for each in arguments if each.startswith("--from=")), None)
        origin = self.stages[option.removeprefix("--from=")] if option else self.context
        for source in sources:
            found, to = origin / source.lstrip("/"), image.folder / self._inside(target)
            if found.is_dir():
                ignored = None if option else shutil.ignore_patterns("__pycache__")
                shutil.copytree(found, to, symlinks=True, ignore=ignored, dirs_exist_ok=True)
            else:
                shutil.copy2(found, to / found.name if to.is_dir() else to)

    def _inside(self, text: str) -> str:
        return MOVED.sub(f"{self.root}/", text)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each instruction with its arguments on one line."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    for line in filter(None, joined.splitlines()):
        name, _, arguments = line.partition(" ")
        yield name, arguments.strip()


def run_in(image: Image, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of the image. `more`: variables."""
    return subprocess.run(
        command,
        executable=shutil.which(command[0], path=image.environment["PATH"]),
        env={**image.environment, "HOME": "/nonexistent", **more},
        cwd=image.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
