"""The EKS clusters of an account and Region."""

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict, Unpack

from bot.playground.aws.account_regions import AccountRegion, locked
from bot.playground.aws.option_checks import reject_unknown_options

_NO_CERTIFICATE = b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class EksCluster:
    name: str
    arn: str
    endpoint: str
    certificate_authority: str
    version: str
    status: str
    role_arn: str
    created_at: datetime


class EksClusterOptions(TypedDict, total=False):
    """`certificate_authority`: base64 of a PEM text; by default no certificate is trusted.

    `endpoint`: by default an address that does not answer.
    """

    endpoint: str
    certificate_authority: str
    version: str
    status: str
    at: datetime | None


class EksState:
    def __init__(self, location: AccountRegion) -> None:
        self.location = location
        self.clusters: dict[str, EksCluster] = {}

    @locked
    def create(self, name: str, **options: Unpack[EksClusterOptions]) -> EksCluster:
        reject_unknown_options(options, EksClusterOptions)
        if name in self.clusters:
            raise ValueError(f"cluster {name} already exists")
        cluster = EksCluster(
            name=name,
            arn=self.location.arn("eks", f"cluster/{name}"),
            endpoint=options.get("endpoint") or self._unreachable_endpoint(name),
            certificate_authority=options.get("certificate_authority")
            or base64.b64encode(_NO_CERTIFICATE).decode(),
            version=options.get("version", "1.34"),
            status=options.get("status", "ACTIVE"),
            role_arn=self.location.role_arn(f"eks-{name}"),
            created_at=options.get("at") or self.location.now,
        )
        self.clusters[name] = cluster
        return cluster

    @locked
    def set_status(self, name: str, status: str) -> EksCluster:
        self.clusters[name] = replace(self.clusters[name], status=status)
        return self.clusters[name]

    def _unreachable_endpoint(self, name: str) -> str:
        unique = self.location.new_id(name)[:32].upper()
        return f"https://{unique}.gr7.{self.location.region}.eks.invalid"
