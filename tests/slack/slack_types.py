"""Checks payloads with the types of npm's `@slack/types`, in one run of the TypeScript compiler."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from bot.slack.api import CHART, Json

NPM = Path(__file__).parent / "npm"
COMPILER = Path("node_modules/typescript/bin/tsc")
NODE = shutil.which("node")
INSTALL_NODE = "Node.js is missing: apt-get install nodejs npm"
INSTALL_TYPES = "Slack's types are missing: npm ci --ignore-scripts --prefix tests/slack/npm"

UNKNOWN = (CHART,)
"""The blocks that Slack shows and `@slack/types` does not know."""

OPTIONS = "--noEmit --strict --skipLibCheck --pretty false --module preserve --target es2022"
HEADER = """\
import type { HomeView, KnownBlock, ModalView, Option } from "@slack/types";
type OfKnownBlocks<View> = Omit<View, "blocks"> & { blocks: KnownBlock[] };
"""
"""Views of `@slack/types` take any block."""

ERROR = re.compile(r"^payloads\.ts\((\d+),\d+\): error ", re.MULTILINE)


class SlackType(StrEnum):
    """TypeScript types."""

    BLOCKS = "KnownBlock[]"
    MODAL = "OfKnownBlocks<ModalView>"
    HOME = "OfKnownBlocks<HomeView>"
    OPTIONS = "Option[]"


@dataclass(frozen=True, slots=True)
class Payload:
    """JSON that is sent to Slack. `name`: for people."""

    name: str
    type: SlackType
    content: Any


@dataclass(frozen=True, slots=True)
class TypeChecker:
    """Writes payloads in a file in `folder`, and compiles it."""

    folder: Path

    def errors(self, payloads: Sequence[Payload]) -> dict[str, str]:
        """The compiler's errors by the payload's name."""
        (self.folder / "payloads.ts").write_text(HEADER + "\n".join(_constants(payloads)))
        command = [str(NODE), str(COMPILER), *OPTIONS.split(), "payloads.ts"]
        run = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        before, *found = ERROR.split(run.stdout)
        assert before + run.stderr == "", "the compiler does not run"
        lines = [int(line) - HEADER.count("\n") - 1 for line in found[::2]]
        assert min(lines, default=0) >= 0, f"Slack's types cannot be read: {run.stdout}"
        return {payloads[n].name: error for n, error in zip(lines, found[1::2], strict=True)}


def open_type_checker(folder: Path) -> TypeChecker:
    """Skips the test if a program is missing."""
    if NODE is None:
        pytest.skip(INSTALL_NODE)
    if not (NPM / COMPILER).exists():
        pytest.skip(INSTALL_TYPES)
    (folder / "node_modules").symlink_to(NPM / "node_modules")
    return TypeChecker(folder)


def of_blocks(name: str, blocks: Iterable[Json]) -> Payload:
    """Without blocks that the types do not know."""
    known = [block for block in blocks if block["type"] not in UNKNOWN]
    return Payload(name, SlackType.BLOCKS, known)


def of_view(name: str, view: Json) -> Payload:
    return Payload(name, SlackType.HOME if view["type"] == "home" else SlackType.MODAL, view)


def _constants(payloads: Iterable[Payload]) -> Iterator[str]:
    """A line for each payload."""
    for number, each in enumerate(payloads):
        yield f"export const payload{number}: {each.type} = {json.dumps(each.content)};"
