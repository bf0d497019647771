"""Settings for what is measured."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ALL_OFF = dict.fromkeys(
    ("ecs", "lambda", "kubernetes", "app_runner", "batch", "sagemaker", "codebuild", "files"),
    False,
)
"""`usage` without any source."""


def settings_file(folder: Path, name: str, usage: Mapping[str, Any], **others: Any) -> Path:
    """`others`: more sections."""
    file = folder / f"{name}.yml"
    file.write_text(json.dumps({"usage": usage, **others}))
    return file
