"""Reads kubeconfigs as kubectl does. Errors do not quote their content, which may be a token.

Fields and their order: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ and
client-go's tools/clientcmd.
"""

import os
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from lightkube.config.kubeconfig import SERVICE_ACCOUNT, KubeConfig, SingleConfig
from lightkube.config.models import Cluster, Context, User
from lightkube.core.exceptions import ConfigError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.aws.eks import EksClusters
from bot.sanitize import quoted
from bot.usage.kubernetes import exec_plugin
from bot.usage.kubernetes.errors import ClusterSettingsError
from bot.usage.kubernetes.exec_plugin import ExecPlugin, PluginCredentials
from bot.usage.kubernetes.listed_objects import prepare

OF_CLUSTER, OF_USER = "cluster", "user"

_UNSUPPORTED = {
    OF_CLUSTER: ("proxy-url", "tls-server-name"),
    OF_USER: (
        *("as", "as-groups", "as-uid", "as-user-extra"),
        *("auth-provider", "password", "username"),
    ),
}
"""Keys that are rejected: lightkube ignores most of them, and would use another server or user."""

_FOUND = "settings found in the working folder"
_NAME_SETTINGS = "if you trust these settings, name their file with --config or ECR_CLEAN_CONFIG"

_EXTENSION = "client.authentication.k8s.io/exec"


prepare(Cluster, Context, User, ExecPlugin)


class KubeconfigTrust(Enum):
    """How the settings file that names a kubeconfig was selected.

    `NAMED`: by the user. `FOUND`: in the working folder, so that other users may have written it.
    Then the bot runs no exec plugin, and reads no token file outside of the kubeconfig's folder.
    """

    NAMED = auto()
    FOUND = auto()


def from_kubeconfig(
    file: Path, context: str | None, trust: KubeconfigTrust, seconds: float
) -> SingleConfig:
    """Reads the kubeconfig, and gets the credentials from it, its token file or its exec plugin.
    `context`: None for the current context. `seconds`: time limit of a plugin. Raises
    ClusterSettingsError."""
    return _KubeconfigContext.of(file.expanduser(), context).complete(trust, seconds)


@dataclass(frozen=True)
class _KubeconfigContext:
    """A context with its cluster and user, as lightkube parses them and as the file has them."""

    file: Path
    config: SingleConfig
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]

    @classmethod
    def of(cls, file: Path, context: str | None) -> "_KubeconfigContext":
        try:
            content = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
            for entry in content.get("users") or ():
                entry["user"] = entry.get("user") or {}
            config = KubeConfig.from_dict(content, fname=file).get(context)
            assert config is not None
            if not config.context.user:
                raise ClusterSettingsError(f"context {config.context_name} of {file} names no user")
            cluster = _entry(content, OF_CLUSTER, config.context.cluster)
            return cls(file, config, cluster, _entry(content, OF_USER, config.context.user))
        except OSError as error:
            raise ClusterSettingsError(
                f"{file} cannot be read: {error.strerror or error}"
            ) from error
        except YAMLError as error:
            raise ClusterSettingsError(f"{file} is not YAML") from error
        except (msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError) as error:
            words = f"{file} is not a kubeconfig, or its context is invalid: {quoted(error)}"
            raise ClusterSettingsError(words) from error

    def complete(self, trust: KubeconfigTrust, seconds: float) -> SingleConfig:
        self._check_supported(OF_CLUSTER, self.cluster)
        self._check_supported(OF_USER, self.user)
        if not self.cluster.get("server"):
            raise ClusterSettingsError(
                f"cluster {self.config.context.cluster} of {self.file} has no server"
            )
        check_https(self.config.cluster.server)
        cluster = self._cluster()
        user = self._user(trust, seconds)
        return self.config._replace(cluster=cluster, user=user)

    def _check_supported(self, kind: str, entry: Mapping[str, Any]) -> None:
        name = getattr(self.config.context, kind)
        if found := next((key for key in _UNSUPPORTED[kind] if entry.get(key)), None):
            raise ClusterSettingsError(
                f"{self.file} uses `{found}` for {name}, which is not supported"
            )

    def _cluster(self) -> Cluster:
        """Data in the kubeconfig takes precedence over a file that it names."""
        given = self.config.cluster
        file = None
        if not given.certificate_auth_data:
            file = self._path("certificate-authority", given.certificate_auth)
        return Cluster(
            server=given.server,
            certificate_auth=file,
            certificate_auth_data=given.certificate_auth_data,
            insecure=given.insecure,
        )

    def _user(self, trust: KubeconfigTrust, seconds: float) -> User:
        """A token file takes precedence over a token, and a token over a plugin."""
        given = self.config.user
        assert given is not None
        user = self._with_certificate(given)
        if given.token_file:
            user.token = self._token_of(given.token_file, trust)
        elif given.token:
            user.token = checked_token(given.token, f"token of {self._user_name} in {self.file}")
        elif self.user.get("exec"):
            user = self._with_plugin_credentials(self._run(trust, seconds), user)
        elif not user.client_cert and not user.client_cert_data:
            raise ClusterSettingsError(
                f"{self._user_name} of {self.file} has no credentials",
                "give it a token, a tokenFile, a client certificate and key, or an exec plugin",
            )
        return user

    @property
    def _user_name(self) -> str:
        return f"user {self.config.context.user}"

    def _with_certificate(self, given: User) -> User:
        user = User(client_cert_data=given.client_cert_data, client_key_data=given.client_key_data)
        if not given.client_cert_data:
            user.client_cert = self._path("client-certificate", given.client_cert)
        if not given.client_key_data:
            user.client_key = self._path("client-key", given.client_key)
        has_certificate = bool(user.client_cert or user.client_cert_data)
        if has_certificate != bool(user.client_key or user.client_key_data):
            raise ClusterSettingsError(
                f"{self._user_name} of {self.file} has a client certificate or its key, not both"
            )
        return user

    def _with_plugin_credentials(self, found: PluginCredentials, user: User) -> User:
        if found.token:
            user.token = checked_token(found.token, "token of the exec plugin")
        if found.certificate and found.key:
            user.client_cert_data = b64encode(found.certificate.encode()).decode()
            user.client_key_data = b64encode(found.key.encode()).decode()
        return user

    def _token_of(self, name: str, trust: KubeconfigTrust) -> str:
        path = Path(self._path("tokenFile", name) or "")
        if trust is KubeconfigTrust.FOUND and not path.resolve().is_relative_to(
            self.file.parent.resolve()
        ):
            raise ClusterSettingsError(
                f"tokenFile of {self.file} is outside of its folder, and is not read for {_FOUND}",
                _NAME_SETTINGS,
            )
        token = path.read_text("utf-8", errors="replace")
        return checked_token(token, f"{path} (tokenFile of {self.file})")

    def _run(self, trust: KubeconfigTrust, seconds: float) -> PluginCredentials:
        if trust is KubeconfigTrust.FOUND:
            raise ClusterSettingsError(
                f"{self.file} has an exec plugin, which does not run for {_FOUND}", _NAME_SETTINGS
            )
        try:
            plugin = msgspec.convert(self.user["exec"], ExecPlugin)
        except msgspec.ValidationError as error:
            raise ClusterSettingsError(
                f"exec of {self._user_name} in {self.file}: {error}"
            ) from error
        if os.sep in plugin.command:
            plugin.command = str(self.file.parent.absolute() / plugin.command)
        return exec_plugin.run(plugin, self._cluster_for_plugin(), seconds)

    def _cluster_for_plugin(self) -> Mapping[str, Any]:
        """The cluster as exec plugins receive it, with the certificate authority always as data."""
        cluster = {
            key: self.cluster[key]
            for key in ("server", "insecure-skip-tls-verify")
            if key in self.cluster
        }
        key = "certificate-authority"
        if data := self.cluster.get(f"{key}-data"):
            cluster[f"{key}-data"] = data
        elif file := self._path(key, self.cluster.get(key)):
            cluster[f"{key}-data"] = b64encode(Path(file).read_bytes()).decode()
        for extension in self.cluster.get("extensions") or ():
            if extension.get("name") == _EXTENSION:
                cluster["config"] = extension.get("extension")
        return cluster

    def _path(self, key: str, name: str | None) -> str | None:
        """The path of a file that the kubeconfig names, relative to the kubeconfig's folder. Raises
        ClusterSettingsError if the file cannot be read."""
        if not name:
            return None
        path = self.file.parent.absolute() / name
        try:
            path.open("rb").close()
        except OSError as error:
            raise ClusterSettingsError(
                f"{key} of {self.file} names {path}, which cannot be read: "
                f"{error.strerror or error}"
            ) from error
        return str(path)


def check_https(server: str) -> None:
    """Raises ClusterSettingsError for an address without https. Credentials are sent over TLS only,
    as in kubectl."""
    if "://" not in server:
        raise ClusterSettingsError(
            "its address has no scheme", "use an address that starts with https://"
        )
    try:
        address = urlsplit(server)
    except ValueError as error:
        raise ClusterSettingsError("its address is not a URL") from error
    if address.scheme == "http":
        raise ClusterSettingsError(
            "its address starts with http://, and credentials are not sent over plain HTTP",
            "use an address that starts with https://",
        )
    if address.username is not None:
        raise ClusterSettingsError("its address contains a user name, which is not supported")


def checked_token(token: str, whose: str) -> str:
    """Returns the token without surrounding white space. Raises ClusterSettingsError if it is not
    valid in an HTTP header."""
    token = token.strip()
    if not token:
        raise ClusterSettingsError(f"{whose} is empty")
    if not re.fullmatch(r"[!-~]+", token):
        raise ClusterSettingsError(
            f"{whose} contains a line break or another character that is invalid in a token"
        )
    return token


def _entry(content: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
    """The last entry of that name, as in lightkube."""
    (*_, entry) = (entry[kind] for entry in content[f"{kind}s"] if entry["name"] == name)
    found: Mapping[str, Any] = entry
    return found


def from_service_account(service_account: Path = Path(SERVICE_ACCOUNT)) -> SingleConfig:
    """Uses the service account of the pod that the bot runs in, with its current token."""
    try:
        config = KubeConfig.from_service_account(service_account).get()
    except (ConfigError, KeyError) as error:
        raise ClusterSettingsError(
            f"ecr-clean does not run in a pod with a service account: {quoted(error)}"
        ) from error
    return _with_token(config, "token of the service account")


def from_eks(eks: EksClusters, name: str) -> SingleConfig:
    """Connects without a kubeconfig and without the `aws` command: gets address and CA from EKS,
    and signs the token. Raises ServiceError."""
    cluster = eks.describe(name)
    if not (cluster.get("endpoint") and cluster.get("certificateAuthority")):
        raise cluster.unusable(f"returned no endpoint of cluster {name} ({cluster['status']})")
    server = Cluster(
        server=cluster["endpoint"], certificate_auth_data=cluster["certificateAuthority"]["data"]
    )
    one = KubeConfig.from_one(cluster=server, user=User(token=eks.token(name)), context_name=name)
    return _with_token(one.get(), "token for EKS")


def _with_token(config: SingleConfig | None, whose: str) -> SingleConfig:
    assert config is not None
    assert config.user is not None
    check_https(config.cluster.server)
    return config._replace(user=User(token=checked_token(config.user.token or "", whose)))
