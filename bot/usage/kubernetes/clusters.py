"""The ways to reach a cluster without a kubeconfig."""

from pathlib import Path

from lightkube.config.kubeconfig import SERVICE_ACCOUNT, KubeConfig, SingleConfig
from lightkube.config.models import Cluster, User
from lightkube.core.exceptions import ConfigError

from bot.aws.eks import Eks
from bot.outgoing import quoted
from bot.usage.kubernetes.errors import UnusableError
from bot.usage.kubernetes.kubeconfig import checked_token, expect_https


def from_inside(service_account: Path = Path(SERVICE_ACCOUNT)) -> SingleConfig:
    """With the service account of the pod that this runs in, and its token as it is now."""
    try:
        config = KubeConfig.from_service_account(service_account).get()
    except (ConfigError, KeyError) as error:
        raise UnusableError(
            f"this runs in no pod with a service account: {quoted(error)}"
        ) from error
    return _with_token(config, "token of the service account")


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
    return _with_token(one.get(), "token for EKS")


def _with_token(config: SingleConfig | None, whose: str) -> SingleConfig:
    assert config is not None
    assert config.user is not None
    expect_https(config.cluster.server)
    return config._replace(user=User(token=checked_token(config.user.token or "", whose)))
