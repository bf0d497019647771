"""The ways to reach a cluster."""

from pathlib import Path
from typing import Any

import msgspec
from lightkube.config.kubeconfig import SERVICE_ACCOUNT, KubeConfig, SingleConfig
from lightkube.config.models import Cluster, User
from lightkube.core.exceptions import ConfigError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.aws.eks import Eks
from bot.outgoing import quoted

_PASSED_OVER = frozenset({"as", "as-groups", "as-uid", "proxy-url", "tls-server-name"})


def from_inside(service_account: Path = Path(SERVICE_ACCOUNT)) -> SingleConfig:
    """With the service account of the pod that this runs in; its token is read again when it
    was renewed."""
    try:
        return _selected(KubeConfig.from_service_account(service_account), None)
    except (ConfigError, KeyError) as error:
        raise ConfigError(f"this runs in no pod with a service account: {quoted(error)}") from error


def from_kubeconfig(file: Path, context: str | None) -> SingleConfig:
    """Raises ConfigError. What stands in the file is not repeated: it may be a token."""
    try:
        content = YAML(typ="safe", pure=True).load(file.expanduser().read_text("utf-8"))
        config = _selected(KubeConfig.from_dict(content, fname=file.expanduser()), context)
        _expect_known_keys(content, config, file)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}") from error
    except YAMLError as error:
        raise ConfigError(f"{file} is no YAML") from error
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"{file} is no kubeconfig, or its context is broken: {quoted(error)}"
        ) from error
    return config


def from_eks(eks: Eks, name: str) -> SingleConfig:
    """Without kubeconfig and `aws`: EKS tells address and CA, the token is signed here. Raises
    ServiceError."""
    cluster = eks.describe(name)
    if not (cluster.get("endpoint") and cluster.get("certificateAuthority")):
        raise cluster.unusable(f"names no endpoint of cluster {name} ({cluster['status']})")
    server = Cluster(
        server=cluster["endpoint"], certificate_auth_data=cluster["certificateAuthority"]["data"]
    )
    one = KubeConfig.from_one(cluster=server, user=User(token=eks.token(name)), context_name=name)
    return _selected(one, None)


def _expect_known_keys(content: Any, config: SingleConfig, file: Path) -> None:
    """Those that lightkube passes over would lead elsewhere, or come as somebody else."""
    names = {"cluster": config.context.cluster, "user": config.context.user}
    for key, name in names.items():
        for entry in content.get(f"{key}s") or ():
            if entry["name"] == name and (found := sorted(_PASSED_OVER & entry[key].keys())):
                raise ConfigError(f"{file} has {found[0]} for {name}, which is not supported")


def _selected(config: KubeConfig, context: str | None) -> SingleConfig:
    selected = config.get(context)
    assert selected is not None
    if selected.user and selected.user.token:
        selected.user.token = selected.user.token.strip()
    return selected
