"""Where the settings come from: a named file, `ECR_CLEAN_SETTINGS`, or the default file."""

import os
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from bot.core.errors import RequestError
from bot.core.text_formatting import decode_text

DEFAULT_FILE = Path("ecr-clean.yml")
VARIABLE = "ECR_CLEAN_SETTINGS"


class SettingsOrigin(Enum):
    """`DEFAULT_FILE`: found in the working folder, so that other users may have written it."""

    NAMED_FILE = auto()
    VARIABLE = auto()
    DEFAULT_FILE = auto()


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """`name`: the file or the variable, for errors. `text`: YAML. `folder`: where relative paths in
    the settings start."""

    name: str
    text: str
    folder: Path
    origin: SettingsOrigin

    @property
    def allowed_content(self) -> str:
        """What to write into it, if it contains anything but a mapping."""
        keys = "write keys and values, such as `pins: []`"
        if self.origin is SettingsOrigin.VARIABLE:
            return f"{keys}. To name a file, set ECR_CLEAN_CONFIG instead"
        return keys


def find_source(config: Path | None) -> SettingsSource | None:
    """The source of the settings in force. None if only the defaults apply. `config`: the file that
    the user named.

    Raises RequestError if the source cannot be read, or if both a file and the variable are given.
    """
    text = settings_variable()
    if config and text:
        raise RequestError(
            f"{VARIABLE} and the settings file {config} cannot be combined: unset {VARIABLE}, or "
            "omit --config and unset ECR_CLEAN_CONFIG"
        )
    if text:
        return _source_of_variable(text)
    if config:
        return named_file(config)
    if DEFAULT_FILE.exists():
        return _source_of_file(DEFAULT_FILE, SettingsOrigin.DEFAULT_FILE)
    return None


def settings_variable() -> str | None:
    """The settings in the environment. A variable of white space counts as unset."""
    text = os.environ.get(VARIABLE, "")
    return text if text.strip() else None


def named_file(file: Path) -> SettingsSource:
    """Raises RequestError if the file cannot be read."""
    return _source_of_file(file, SettingsOrigin.NAMED_FILE)


def _source_of_variable(text: str) -> SettingsSource:
    try:
        decoded = decode_text(os.fsencode(text))
    except ValueError as error:
        raise RequestError(f"{VARIABLE} cannot be read: {error}") from error
    return SettingsSource(VARIABLE, decoded, Path(), SettingsOrigin.VARIABLE)


def _source_of_file(file: Path, origin: SettingsOrigin) -> SettingsSource:
    try:
        text = decode_text(file.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
    except ValueError as error:
        reason = str(error)
    else:
        return SettingsSource(str(file), text, file.parent, origin)
    raise RequestError(f"The settings file {file} cannot be read: {reason}")
