"""Runs exec plugins of kubeconfigs, which are commands that print credentials, as kubectl does.

Their input and output: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
"""

import json
import os
import selectors
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct, field

from bot.usage.kubernetes.errors import ClusterSettingsError

VERSIONS = tuple(f"client.authentication.k8s.io/{name}" for name in ("v1", "v1beta1", "v1alpha1"))

INFO = "KUBERNETES_EXEC_INFO"

MAX_OUTPUT = 1 << 20
"""Bytes."""

_BOT_SECRETS = frozenset(
    {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "DATABASE_URL", "PGPASSWORD"}
)
"""Secrets of the bot, removed from the environment of plugins."""

_POLL_SECONDS = 0.1

_RUN_IT = "run it in a terminal to see why"


class PluginEnvVariable(Struct):
    name: str
    value: str = ""


class ExecPlugin(Struct):
    """`exec` of a kubeconfig user. `command`: a name on PATH or an absolute path."""

    command: str
    version: str = field(name="apiVersion")
    args: list[str] | None = None
    env: list[PluginEnvVariable] | None = None
    interactive_mode: str | None = field(name="interactiveMode", default=None)
    takes_cluster: bool = field(name="provideClusterInfo", default=False)


class PluginCredentials(Struct):
    """A token, a client certificate with its key (PEM), or both."""

    token: str | None = None
    certificate: str | None = field(name="clientCertificateData", default=None)
    key: str | None = field(name="clientKeyData", default=None)


class _PrintedCredential(Struct):
    status: PluginCredentials


_PRINTED = msgspec.json.Decoder(_PrintedCredential)


def run(plugin: ExecPlugin, cluster: Mapping[str, Any], seconds: float) -> PluginCredentials:
    """Runs the plugin without a terminal for at most `seconds`. `cluster`: passed to plugins with
    provideClusterInfo. Raises ClusterSettingsError, whose text contains no output of the plugin."""
    if plugin.version not in VERSIONS:
        raise ClusterSettingsError(
            f"apiVersion {plugin.version} of the exec plugin {plugin.command} is not supported",
            f"use one of {', '.join(VERSIONS)}",
        )
    if plugin.interactive_mode == "Always":
        raise ClusterSettingsError(
            f"the exec plugin {plugin.command} needs a terminal (interactiveMode: Always)",
            "use credentials that need no terminal",
        )
    with _start(plugin, _environment(plugin, cluster)) as process:
        try:
            printed = _output(process, plugin.command, monotonic() + seconds)
        finally:
            _end(process)
    if process.returncode:
        raise ClusterSettingsError(
            f"{plugin.command} of the kubeconfig exited with {process.returncode}", _RUN_IT
        )
    return _credentials(plugin.command, printed)


def _environment(plugin: ExecPlugin, cluster: Mapping[str, Any]) -> dict[str, str]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.takes_cluster:
        spec["cluster"] = cluster
    info = {"apiVersion": plugin.version, "kind": "ExecCredential", "spec": spec}
    return {
        **{name: value for name, value in os.environ.items() if name not in _BOT_SECRETS},
        **{variable.name: variable.value for variable in plugin.env or ()},
        INFO: json.dumps(info, default=str),
    }


def _start(plugin: ExecPlugin, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Starts the plugin in its own process group, so that its children can be killed too."""
    try:
        return subprocess.Popen(  # noqa: S603 - the user named these settings
            [plugin.command, *(plugin.args or ())],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise ClusterSettingsError(
            f"{plugin.command} of the kubeconfig cannot be started: {why}",
            "install it on this machine, or use other credentials for the cluster",
        ) from None


def _output(process: subprocess.Popen[bytes], command: str, end: float) -> bytes:
    """Reads the output until the plugin exits, also if child processes keep the output open."""
    assert process.stdout
    printed = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        while monotonic() < end:
            if waiting.select(_POLL_SECONDS):
                chunk = os.read(process.stdout.fileno(), MAX_OUTPUT)
                printed += chunk
                if len(printed) > MAX_OUTPUT:
                    raise ClusterSettingsError(
                        f"{command} of the kubeconfig printed more than 1 MiB", _RUN_IT
                    )
                if not chunk:
                    break
            elif process.poll() is not None:
                break
    try:
        process.wait(max(end - monotonic(), 0))
    except subprocess.TimeoutExpired:
        raise ClusterSettingsError(
            f"{command} of the kubeconfig timed out and was killed",
            "run it in a terminal to see what it waits for, or raise usage.kubernetes.timeout",
        ) from None
    return printed


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills the plugin and its children, unless the plugin has exited."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _credentials(command: str, printed: bytes) -> PluginCredentials:
    try:
        found = _PRINTED.decode(printed).status
    except msgspec.ValidationError as error:
        raise ClusterSettingsError(
            f"{command} of the kubeconfig printed no ExecCredential: {error}", _RUN_IT
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ClusterSettingsError(
            f"{command} of the kubeconfig printed no JSON", _RUN_IT
        ) from None
    if bool(found.certificate) != bool(found.key):
        raise ClusterSettingsError(
            f"{command} of the kubeconfig printed a client certificate or its key, not both",
            _RUN_IT,
        )
    if not (found.token or found.certificate):
        raise ClusterSettingsError(
            f"{command} of the kubeconfig printed neither a token nor a client certificate", _RUN_IT
        )
    return found
