"""Reads the settings file."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.core.errors import RequestError
from bot.core.text_files import decode_text
from bot.outgoing import quoted
from bot.settings.explain import explain
from bot.settings.model import ClusterSection, Settings

DEFAULT_FILE = Path("ecr-clean.yml")


def load_settings(path: Path | None) -> Settings:
    """The file at `path`, or without one the default file, if there is one.

    Raises RequestError with a sentence for every key that is wrong.
    """
    if path is None and not DEFAULT_FILE.exists():
        return Settings()
    file = path or DEFAULT_FILE
    try:
        settings = _relative_to(file, Settings.model_validate(parse(file)))
        return settings if path else settings.found()
    except ValidationError as error:
        raise RequestError(*(f"{file}: {line}" for line in explain(error))) from error


def _relative_to(file: Path, settings: Settings) -> Settings:
    """Paths in the file are meant from where it stands."""
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
    """What the file holds, not checked. Raises RequestError for what is no mapping in YAML."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - a run without a file need not load it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        parsed = YAML(typ="safe", pure=True).load(_text(file))
    except (YAMLError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise RequestError(f"{file} is no YAML: {_first_lines(error)}") from error
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise RequestError(f"{file} must hold keys with values, as in `approval: {{required: 2}}`")
    return parsed


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
        return "a list or a mapping stands where a key belongs"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    if problem and mark:
        problem = problem.partition(" with value ")[0]  # of a key that stands twice: no secrets
        return f"{problem} (line {mark.line + 1}, column {mark.column + 1})"
    return quoted(str(error).splitlines()[0])
