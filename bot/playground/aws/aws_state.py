"""Everything that the stand-in knows, and what a test or a demo may do to it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from threading import RLock
from typing import Any, TypedDict, Unpack

import orjson

from bot.playground.aws.access import AccessPolicy, DenyRule, Grant
from bot.playground.aws.account_regions import SharedState, StatePerAccountRegion
from bot.playground.aws.apprunner.state import AppRunnerState
from bot.playground.aws.aws_call import AwsCall
from bot.playground.aws.aws_lambda.state import LambdaState
from bot.playground.aws.batch.state import BatchState
from bot.playground.aws.call_context import partition_of
from bot.playground.aws.codebuild.state import CodeBuildState
from bot.playground.aws.ec2.state import RegionOptIns
from bot.playground.aws.ecr.image_references import digest_of
from bot.playground.aws.ecr.registry import Registries
from bot.playground.aws.ecr.repository import Repository, RepositoryOptions
from bot.playground.aws.ecr.stored_manifest import StoredManifest, read_manifest
from bot.playground.aws.ecs.state import EcsState
from bot.playground.aws.eks.state import EksState
from bot.playground.aws.events.state import EventBridgeState
from bot.playground.aws.faults import Faults
from bot.playground.aws.identity import DEFAULT_ACCOUNT, Identities
from bot.playground.aws.sagemaker.state import SageMakerState
from bot.playground.aws.scheduler.state import SchedulerState
from bot.playground.call_log import CallLog
from bot.playground.clock import Clock

DEFAULT_REGION = "eu-west-1"


class PushOptions(TypedDict, total=False):
    """What the registry knows of a manifest besides its text; now is the time of its push."""

    tags: Iterable[str]
    pushed_at: datetime | None
    pulled_at: datetime | None
    archived_at: datetime | None
    media_type: str | None


class AwsState:
    """The state behind the wire. Whoever reads or changes it holds `lock`; the methods do.

    `pull_refresh` is how old a recorded pull time must be before another pull replaces it. ECR
    promises a refresh once in 24 hours; zero, the default, records every pull.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.clock = Clock()
        self.identities = Identities()
        self.access = AccessPolicy()
        self.faults = Faults()
        self.calls = CallLog[AwsCall]()
        self.registries = Registries()
        self.pull_refresh = timedelta(0)
        self.bugs: list[str] = []
        around = SharedState(self.clock, self.lock, partial(digest_of, self.registries))
        self._apprunner = StatePerAccountRegion(AppRunnerState, around)
        self._batch = StatePerAccountRegion(BatchState, around)
        self._codebuild = StatePerAccountRegion(CodeBuildState, around)
        self._ecs = StatePerAccountRegion(EcsState, around)
        self._eks = StatePerAccountRegion(EksState, around)
        self._events = StatePerAccountRegion(EventBridgeState, around)
        self._functions = StatePerAccountRegion(LambdaState, around)
        self._regions = StatePerAccountRegion(RegionOptIns, around)
        self._sagemaker = StatePerAccountRegion(SageMakerState, around)
        self._schedulers = StatePerAccountRegion(SchedulerState, around)

    def apprunner(
        self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> AppRunnerState:
        return self._apprunner.at(account, region)

    def batch(self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION) -> BatchState:
        return self._batch.at(account, region)

    def codebuild(
        self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> CodeBuildState:
        return self._codebuild.at(account, region)

    def ecs(self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION) -> EcsState:
        return self._ecs.at(account, region)

    def eks(self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION) -> EksState:
        return self._eks.at(account, region)

    def events(
        self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> EventBridgeState:
        return self._events.at(account, region)

    def functions(
        self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> LambdaState:
        return self._functions.at(account, region)

    def sagemaker(
        self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> SageMakerState:
        return self._sagemaker.at(account, region)

    def scheduler(
        self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> SchedulerState:
        return self._schedulers.at(account, region)

    def regions(self, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION) -> RegionOptIns:
        """The Regions that the account may use, in the partition of `region`."""
        return self._regions.at(account, partition_of(region))

    def create_repository(self, name: str, **options: Unpack[RepositoryOptions]) -> Repository:
        with self.lock:
            given: RepositoryOptions = {
                "account": DEFAULT_ACCOUNT,
                "region": DEFAULT_REGION,
                "created_at": self.clock.now(),
                **options,
            }
            repository = Repository(name=name, **given)
            registry = self.registries.at(repository.account, repository.region)
            if name in registry.repositories:
                raise ValueError(f"{name} is there already")
            registry.repositories[name] = repository
            return repository

    def repository(
        self, name: str, *, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> Repository:
        """A repository that exists; raises KeyError."""
        with self.lock:
            return self.registries.at(account, region).repositories[name]

    def push(self, repository: Repository, text: str, **options: Unpack[PushOptions]) -> str:
        """Puts a manifest into the past or present, and answers its digest.

        Unlike PutImage it asks for nothing: children may be missing, and fixed tags may move.
        """
        with self.lock:
            pushed_at = options.get("pushed_at") or self.clock.now()
            manifest = repository.add(read_manifest(text, options.get("media_type"), pushed_at))
            for tag in options.get("tags", ()):
                repository.tag(manifest, tag)
            if pulled_at := options.get("pulled_at"):
                manifest.pull(pulled_at)
            if archived_at := options.get("archived_at"):
                manifest.archive(archived_at)
            return manifest.digest

    def manifest(self, repository: Repository, reference: str) -> StoredManifest:
        """The manifest of a digest or a tag; raises KeyError."""
        with self.lock:
            digest = repository.digest_by_tag.get(reference, reference)
            return repository.manifests[digest]

    def retag(self, repository: Repository, reference: str, tag: str) -> None:
        """Moves a tag to what a digest or another tag names, as a promotion does."""
        with self.lock:
            repository.tag(self.manifest(repository, reference), tag)

    def pull(self, repository: Repository, reference: str, at: datetime | None = None) -> None:
        with self.lock:
            self.manifest(repository, reference).pull(at or self.clock.now())

    def archive(self, repository: Repository, reference: str, at: datetime | None = None) -> None:
        with self.lock:
            self.manifest(repository, reference).archive(at or self.clock.now())

    def restore(self, repository: Repository, reference: str, at: datetime | None = None) -> None:
        """Out of the archive, as if it had been asked for 20 minutes ago."""
        with self.lock:
            self.manifest(repository, reference).activate(at or self.clock.now())

    def remove(self, repository: Repository, reference: str) -> None:
        """Deletes a manifest behind everyone's back, indexes and all."""
        with self.lock, suppress(KeyError):
            repository.remove(self.manifest(repository, reference))

    def stick(self, repository: Repository, reference: str, code: str = "KmsError") -> None:
        """From then on BatchDeleteImage fails for it with that code: model, ImageFailureCode."""
        with self.lock:
            repository.stuck[self.manifest(repository, reference).digest] = code

    def set_account_setting(
        self,
        name: str,
        value: str,
        *,
        account: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
    ) -> None:
        with self.lock:
            self.registries.at(account, region).settings[name] = value

    def set_repository_policy(self, repository: Repository, policy: Mapping[str, Any]) -> None:
        """Sets what GetRepositoryPolicy tells; who may do what is told by `grant`."""
        with self.lock:
            repository.policy = orjson.dumps(policy).decode()

    def set_registry_policy(
        self,
        policy: Mapping[str, Any],
        *,
        account: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
    ) -> None:
        with self.lock:
            self.registries.at(account, region).policy = orjson.dumps(policy).decode()

    def replicate(
        self,
        destinations: Iterable[tuple[str, str]],
        *,
        prefixes: Iterable[str] = (),
        deletions: bool | None = None,
        account: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
    ) -> None:
        """Adds a replication rule to (account, Region) pairs, for all repositories or by prefix.

        `deletions` None leaves `deleteReplication` out, which replicates none (model). Nothing is
        really copied.
        """
        filters = [{"filter": each, "filterType": "PREFIX_MATCH"} for each in prefixes]
        rule: dict[str, Any] = {
            "destinations": [{"registryId": to, "region": where} for to, where in destinations],
            **({"repositoryFilters": filters} if filters else {}),
            **({} if deletions is None else {"deleteReplication": {"enabled": deletions}}),
        }
        with self.lock:
            self.registries.at(account, region).replication_rules.append(rule)

    def exclude_pull_times(
        self, principal_arn: str, *, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> None:
        """What RegisterPullTimeUpdateExclusion does."""
        with self.lock:
            registry = self.registries.at(account, region)
            registry.pull_time_exclusions[principal_arn] = self.clock.now()

    def deny(
        self,
        action: str,
        *,
        principal: str = "*",
        account: str = "*",
        region: str = "*",
        resource: str = "*",
    ) -> None:
        """Takes an action such as `ecr:BatchGetImage` away; every part is a glob."""
        with self.lock:
            self.access.deny(DenyRule(action, principal, account, region, resource))

    def deny_regions(self, *regions: str, action: str = "*") -> None:
        """Denies every action in these Regions, or those that match a glob, as a service control
        policy does."""
        with self.lock:
            for region in regions:
                self.access.deny(DenyRule(action, region=region, by_organization=True))

    def grant(
        self, account: str, *, principal: str = "*", action: str = "*", resource: str = "*"
    ) -> None:
        """Opens what `account` owns to callers of other accounts, as a resource policy does."""
        with self.lock:
            self.access.grant(Grant(account, principal, action, resource))
