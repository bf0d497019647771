"""Reads the settings file."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.core.errors import RequestError
from bot.core.text_formatting import decode_text
from bot.sanitize import quoted
from bot.settings.model import ClusterSection, Settings
from bot.settings.wrong_values import ErrorSentences

DEFAULT_FILE = Path("ecr-clean.yml")

_UNQUOTED = ("cannot start any token", "found undefined alias")
"""ruamel's errors for globs and other texts that need quotes, such as `*latest*`."""


def load_settings(path: Path | None) -> Settings:
    """Reads the file at `path`. Without a path, reads the default file if it exists.

    Raises RequestError with one sentence for each wrong key.
    """
    if path is None and not DEFAULT_FILE.exists():
        return Settings()
    file = path or DEFAULT_FILE
    try:
        settings = _relative_to(file, Settings.model_validate(parse(file)))
        return settings if path else settings.as_default_file()
    except ValidationError as error:
        sentences = ErrorSentences(Settings).of(error)
        raise RequestError(*(f"{file}: {each}" for each in sentences)) from error


def _relative_to(file: Path, settings: Settings) -> Settings:
    """Resolves paths in the settings against the folder of the file."""
    usage = settings.usage
    if usage.files:
        files = tuple(str(file.parent / path) for path in usage.files)
        usage = usage.model_copy(update={"files": files})
    if usage.kubernetes and usage.kubernetes.clusters:
        clusters = tuple(_cluster_relative_to(file, each) for each in usage.kubernetes.clusters)
        kubernetes = usage.kubernetes.model_copy(update={"clusters": clusters})
        usage = usage.model_copy(update={"kubernetes": kubernetes})
    return settings.model_copy(update={"usage": usage})


def _cluster_relative_to(file: Path, cluster: ClusterSection) -> ClusterSection:
    if cluster.kubeconfig is None:
        return cluster
    kubeconfig = str(file.parent / Path(cluster.kubeconfig).expanduser())
    return cluster.model_copy(update={"kubeconfig": kubeconfig})


def parse(file: Path) -> dict[Any, Any]:
    """The content of the file, not validated. Raises RequestError if it is not a YAML mapping."""
    parsed = parse_yaml(_text(file), str(file))
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise RequestError(f"{file} is not a mapping: write keys and values, such as `pins: []`")
    return parsed


def parse_yaml(text: str, name: str) -> Any:
    """`name`: of the text, for errors. Raises RequestError."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - a run without a file need not load it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise RequestError(f"{name} is not valid YAML: {_first_lines(error)}") from error


def _text(file: Path) -> str:
    try:
        return decode_text(file.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
    except ValueError as error:
        reason = str(error)
    raise RequestError(f"The settings file {file} cannot be read: {reason}")


def _first_lines(error: Exception) -> str:
    if isinstance(error, TypeError):
        return "a list or a mapping is used as a key"
    if isinstance(error, RecursionError):
        return "the nesting is too deep"
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    if problem and mark:
        problem = problem.partition(" with value ")[0]  # the value of a duplicate key may be secret
        fix = ": write it in quotes" if any(each in problem for each in _UNQUOTED) else ""
        return f"{problem} (line {mark.line + 1}, column {mark.column + 1}){fix}"
    return quoted(str(error).splitlines()[0])
