"""Settings files for the measured processes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ALL_OFF = dict.fromkeys(
    ("ecs", "lambda", "kubernetes", "app_runner", "batch", "sagemaker", "codebuild", "files"),
    False,
)
"""`usage` with all sources off."""


def settings_file(folder: Path, name: str, usage: Mapping[str, Any], **others: Any) -> Path:
    """`others`: additional sections."""
    file = folder / f"{name}.yml"
    file.write_text(json.dumps({"usage": usage, **others}))
    return file
