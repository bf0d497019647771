"""Reads and validates the settings of a file or of `ECR_CLEAN_SETTINGS`."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.core.errors import RequestError
from bot.sanitize import quoted
from bot.settings.model import ClusterSection, Settings
from bot.settings.source import SettingsOrigin, SettingsSource, find_source, named_file
from bot.settings.wrong_values import ErrorSentences

_UNQUOTED = ("cannot start any token", "found undefined alias")
"""ruamel's errors for globs and other texts that need quotes, such as `*latest*`."""


def load_settings(config: Path | None) -> Settings:
    """The settings in force, from the first of these: the file that the user named (`config`), the
    environment variable, the default file. Without any of them, the defaults.

    Raises RequestError with one sentence for each wrong key.
    """
    source = find_source(config)
    return _load(source) if source else Settings()


def load_settings_file(file: Path) -> Settings:
    """Settings that are not in force. Raises RequestError as `load_settings` does."""
    return _load(named_file(file))


def _load(source: SettingsSource) -> Settings:
    try:
        settings = _relative_to(source.folder, Settings.model_validate(parse(source)))
    except ValidationError as error:
        sentences = ErrorSentences(Settings).of(error)
        raise RequestError(*(f"{source.name}: {each}" for each in sentences)) from error
    is_default = source.origin is SettingsOrigin.DEFAULT_FILE
    return settings.as_default_file() if is_default else settings


def _relative_to(folder: Path, settings: Settings) -> Settings:
    """Resolves paths in the settings against the folder."""
    usage = settings.usage
    if usage.files:
        files = tuple(str(folder / path) for path in usage.files)
        usage = usage.model_copy(update={"files": files})
    if usage.kubernetes and usage.kubernetes.clusters:
        clusters = tuple(_cluster_relative_to(folder, each) for each in usage.kubernetes.clusters)
        kubernetes = usage.kubernetes.model_copy(update={"clusters": clusters})
        usage = usage.model_copy(update={"kubernetes": kubernetes})
    return settings.model_copy(update={"usage": usage})


def _cluster_relative_to(folder: Path, cluster: ClusterSection) -> ClusterSection:
    if cluster.kubeconfig is None:
        return cluster
    kubeconfig = str(folder / Path(cluster.kubeconfig).expanduser())
    return cluster.model_copy(update={"kubeconfig": kubeconfig})


def parse(source: SettingsSource) -> dict[Any, Any]:
    """The content, not validated. Raises RequestError if it is not a YAML mapping."""
    parsed = parse_yaml(source.text, source.name)
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise RequestError(f"{source.name} is not a mapping: {source.allowed_content}")
    return parsed


def parse_yaml(text: str, name: str) -> Any:
    """`name`: of the text, for errors. Raises RequestError."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - a run without a file need not load it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, TypeError, LookupError, RecursionError) as error:
        cause = None if isinstance(error, YAMLError) else error  # ruamel quotes values
        raise RequestError(f"{name} is not valid YAML: {_first_lines(error)}") from cause


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
