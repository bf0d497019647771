"""The sections of the settings file, with their defaults."""

from collections import Counter
from datetime import timedelta
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    model_validator,
)

from bot.core import report_schedules
from bot.core.image_references import RegistryHosts
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.policy import (
    ApprovalRules,
    PinEntry,
    Policy,
    PolicyEntry,
    ReportSettings,
    rules_for,
    rules_for_all,
)
from bot.core.prices import DEFAULT_USD
from bot.core.repository import RepositoryId, parse_registry_host
from bot.core.rules.used_within import longest_memory
from bot.settings.field_types import (
    Account,
    AccountOrAny,
    AliasHost,
    Approver,
    Boolean,
    ClusterPattern,
    Duration,
    EndDate,
    GbPriceSetting,
    JmesPath,
    MediaTypePattern,
    NonEmptyText,
    NonNegativeInt,
    Percentage,
    PinText,
    PositiveDuration,
    PositiveInt,
    ReferencePattern,
    Region,
    RegistryHost,
    RepositoryPattern,
    ResourceName,
    RoleArn,
    ScanInterval,
    Schedule,
    ServicePrincipal,
    TimeZone,
    UsdAmount,
)
from bot.settings.keep_rules import KeepRule
from bot.settings.section import Entries, SettingsSection, SomeEntries, as_tuple

PINNED_BY = "the settings file"
EVERYTHING = ("*",)
SNAPSHOT, LATEST = "*SNAPSHOT*", "*latest*"


SectionType = TypeVar("SectionType", bound=SettingsSection)


def _none_if_off(value: Any) -> Any:
    if value is None:
        raise ValueError("null is not allowed")
    return None if value is False else value


def _as_paths(value: Any) -> Any:
    return (value,) if isinstance(value, str) else as_tuple(value)


def _normal_alias(alias: str) -> str:
    host, slash, path = alias.partition("/")
    return f"{host.lower().removesuffix(':443')}{slash}{path}"


def _names_each_host_once(aliases: dict[str, str]) -> dict[str, str]:
    found = Counter(map(_normal_alias, aliases))
    if twice := next((alias for alias, times in found.items() if times > 1), None):
        raise ValueError(f"two keys name the same host: {twice}")
    return aliases


SourceSetting = Annotated[
    SectionType | None,
    BeforeValidator(_none_if_off),
    Field(description="the settings of this source, or false"),
]


class RegistrySection(SettingsSection):
    region: Region | None = None
    account: Account | None = None
    role_arn: RoleArn | None = None
    delete_role_arn: RoleArn | None = None
    external_id: NonEmptyText | None = None


class PolicySection(SettingsSection):
    repositories: SomeEntries[RepositoryPattern] = EVERYTHING
    min_age: Duration = timedelta(hours=24)
    artifact_types: Entries[MediaTypePattern] = ()
    keep: Entries[KeepRule] = (
        KeepRule(tags=(LATEST,)),
        KeepRule(newest=5, tags=(SNAPSHOT,)),
        KeepRule(newest=10, except_tags=(SNAPSHOT, LATEST)),
    )

    def entry(self) -> PolicyEntry:
        keep = tuple(rule.rule() for rule in self.keep)
        policy = Policy(self.min_age, Patterns(self.artifact_types), keep)
        return PolicyEntry(Patterns(self.repositories), policy)


class UsageAccountSection(SettingsSection):
    account: Account
    regions: Entries[NonEmptyText] = ()
    role_arn: RoleArn | None = None
    external_id: NonEmptyText | None = None


class EcsSection(SettingsSection):
    revisions: PositiveInt = 1


class ClusterSection(SettingsSection):
    """A Kubernetes cluster. `eks`, `kubeconfig` or `in_cluster` sets how to connect to it. With
    another one of these, `eks` only names the EKS cluster."""

    name: NonEmptyText
    eks: NonEmptyText | None = None
    kubeconfig: NonEmptyText | None = None
    context: NonEmptyText | None = None
    in_cluster: Boolean | None = None

    @model_validator(mode="after")
    def _is_reached_one_way(self) -> Self:
        if self.kubeconfig is not None and self.in_cluster:
            raise ValueError("kubeconfig and in_cluster: true are both set; remove one")
        if self.eks is None and self.kubeconfig is None and not self.in_cluster:
            raise ValueError("set eks, kubeconfig (with context) or in_cluster: true")
        if self.context is not None and self.kubeconfig is None:
            raise ValueError("context needs kubeconfig")
        return self


class CustomResourceSection(SettingsSection):
    """Custom resources that use images. Without `template`, all image references in an object
    count, and an object may have none. Without `clusters`, all clusters have the resource."""

    resource: ResourceName
    template: Annotated[
        tuple[JmesPath, ...],
        BeforeValidator(_as_paths),
        Field(min_length=1, description="a JMESPath to the pod template, or a list of them"),
    ] = ()
    clusters: Entries[NonEmptyText] = ()


class KubernetesSection(SettingsSection):
    """`timeout`: the time limit for reading one cluster."""

    clusters: Entries[ClusterSection] = ()
    ignore: Entries[ClusterPattern] = ()
    custom_resources: Entries[CustomResourceSection] = ()
    timeout: PositiveDuration = timedelta(seconds=60)

    @model_validator(mode="after")
    def _names_each_cluster_once(self) -> Self:
        names = [cluster.name for cluster in self.clusters]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two clusters are named {twice}; names must be unique")
        for entry in self.custom_resources:
            if unknown := next((name for name in entry.clusters if name not in names), None):
                raise ValueError(
                    f"custom_resources names the cluster {unknown}, which clusters does not list"
                )
        return self


class SwitchSection(SettingsSection):
    """A source that can only be switched off."""


class UsageSection(SettingsSection):
    accounts: Entries[UsageAccountSection] = ()
    regions: Entries[NonEmptyText] = ()
    ecs: SourceSetting[EcsSection] = EcsSection()
    lambda_: SourceSetting[SwitchSection] = Field(SwitchSection(), alias="lambda")
    kubernetes: SourceSetting[KubernetesSection] = KubernetesSection()
    app_runner: SourceSetting[SwitchSection] = SwitchSection()
    batch: SourceSetting[SwitchSection] = SwitchSection()
    sagemaker: SourceSetting[SwitchSection] = SwitchSection()
    codebuild: SourceSetting[SwitchSection] = SwitchSection()
    files: Annotated[
        tuple[NonEmptyText, ...] | None,
        BeforeValidator(_none_if_off),
        BeforeValidator(as_tuple),
        Field(description="a list of paths, or false"),
    ] = ()
    calls_per_second: PositiveInt = 50
    ignore_accounts: Entries[AccountOrAny] = ()
    ignore_services: Entries[ServicePrincipal] = ()
    registry_aliases: Annotated[
        dict[AliasHost, RegistryHost],
        AfterValidator(_names_each_host_once),
        Field(description="a mapping of host names, with an optional path, to registry URIs"),
    ] = Field(default_factory=dict)
    ignore_references: Entries[ReferencePattern] = ()
    expect_none: Boolean = False
    scan_every: Annotated[
        ScanInterval | None,
        BeforeValidator(_none_if_off),
        Field(description="a duration from 5m to 3650d, such as 6h, or false"),
    ] = timedelta(hours=6)


class ReportSection(SettingsSection):
    repositories: SomeEntries[RepositoryPattern] = EVERYTHING
    channel: NonEmptyText | None = None
    schedule: Schedule = "mon 09:00"
    time_zone: TimeZone = "UTC"
    min_saving: UsdAmount = 0.0
    digest_over: NonNegativeInt = 5
    approvers: Entries[Approver] | None = None

    def parsed_schedule(self) -> report_schedules.Schedule:
        return report_schedules.Schedule.parse(self.schedule, self.time_zone)

    def due_entry(self) -> report_schedules.ScheduleEntry:
        return report_schedules.ScheduleEntry(
            repositories=Patterns(self.repositories),
            schedule=self.parsed_schedule(),
            min_saving=self.min_saving,
            channel=self.channel,
            digest_over=self.digest_over,
        )

    def entry(self) -> ReportSettings:
        return ReportSettings(Patterns(self.repositories), self.channel, self.approvers)


class ApprovalSection(SettingsSection):
    approvers: Entries[Approver] = ()
    required: PositiveInt = 1
    type_to_confirm_over: Percentage = 0.5
    expires_after: Duration = timedelta(days=8)
    remind_after: PositiveDuration | None = None

    @model_validator(mode="after")
    def _reminds_before_it_expires(self) -> Self:
        if self.remind_after and self.remind_after >= self.expires_after:
            raise ValueError("remind_after is not shorter than expires_after; shorten it")
        return self


class ExecutionSection(SettingsSection):
    enabled: Boolean = True
    undo_window: Duration = timedelta(minutes=5)


class PinSection(SettingsSection):
    repository: RepositoryPattern
    pin: PinText
    reason: NonEmptyText
    until: EndDate | None = None

    def entry(self) -> PinEntry:
        pin = Pin(self.pin, PINNED_BY, self.reason, self.until)
        return PinEntry(Patterns.of(self.repository), pin)


class Settings(SettingsSection):
    """The settings file. A missing key keeps its default, inside list entries too."""

    registries: Entries[RegistrySection] = ()
    policies: Entries[PolicySection] = (PolicySection(),)
    usage: UsageSection = UsageSection()
    reports: Entries[ReportSection] = (ReportSection(),)
    approval: ApprovalSection = ApprovalSection()
    execution: ExecutionSection = ExecutionSection()
    pins: Entries[PinSection] = ()
    price_per_gb_month: GbPriceSetting = DEFAULT_USD
    _is_default_file: bool = PrivateAttr(default=False)

    @property
    def is_default_file(self) -> bool:
        """Whether the settings come from the default file in the working folder, not from a file
        that the user named. Other users may have written the default file."""
        return self._is_default_file

    def as_default_file(self) -> Self:
        """The same settings, marked as read from the default file."""
        copy = self.model_copy()
        copy._is_default_file = True  # noqa: SLF001 - same class
        return copy

    def policy_entries(self) -> tuple[PolicyEntry, ...]:
        return tuple(policy.entry() for policy in self.policies)

    def longest_used_within(self) -> timedelta | None:
        """The longest duration of a rule `used_within`. None if there is no such rule."""
        return longest_memory(rule for entry in self.policy_entries() for rule in entry.policy.keep)

    def hosts(self) -> RegistryHosts:
        aliases = self.usage.registry_aliases.items()
        registries = ((_normal_alias(alias), parse_registry_host(uri)) for alias, uri in aliases)
        return RegistryHosts({alias: registry for alias, registry in registries if registry})

    def report_entries(self) -> tuple[ReportSettings, ...]:
        return tuple(report.entry() for report in self.reports)

    def due_entries(self) -> tuple[report_schedules.ScheduleEntry, ...]:
        return tuple(report.due_entry() for report in self.reports)

    def general_rules(self, workspace: str | None) -> ApprovalRules:
        """The approval rules for actions that concern all repositories."""
        return rules_for_all(self.report_entries(), self._approval_section_rules(workspace))

    def approval_rules(self, repository: RepositoryId, workspace: str | None) -> ApprovalRules:
        section_rules = self._approval_section_rules(workspace)
        return rules_for(self.report_entries(), repository, section_rules)

    def _approval_section_rules(self, workspace: str | None) -> ApprovalRules:
        return ApprovalRules(
            approvers=self.approval.approvers,
            required=self.approval.required,
            confirm_over=self.approval.type_to_confirm_over,
            workspace=workspace,
            channel=None,
            report_only=not self.execution.enabled,
        )

    def pin_entries(self) -> tuple[PinEntry, ...]:
        return tuple(pin.entry() for pin in self.pins)
