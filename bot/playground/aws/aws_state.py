"""The state of the AWS stand-in, and changes that tests and the demo make."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from threading import RLock
from typing import Any, TypedDict, Unpack

import orjson

from bot.playground.aws.access import AccessPolicy, CrossAccountGrant, DenyRule
from bot.playground.aws.account_regions import SharedAwsState, StatePerAccountRegion
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
from bot.playground.aws.identity import DEFAULT_ACCOUNT, IamIdentities
from bot.playground.aws.pricing.state import PriceListState
from bot.playground.aws.sagemaker.state import SageMakerState
from bot.playground.aws.scheduler.state import SchedulerState
from bot.playground.call_log import CallLog
from bot.playground.clock import SimulatedClock

DEFAULT_REGION = "eu-west-1"


class PushOptions(TypedDict, total=False):
    """Tags and times of a manifest. The default push time is now."""

    tags: Iterable[str]
    pushed_at: datetime | None
    pulled_at: datetime | None
    archived_at: datetime | None
    media_type: str | None


class AwsState:
    """The state of all accounts. Hold `lock` to read or change it; the methods here take it.

    - `pull_refresh`: the minimum age of a recorded pull time before a new pull replaces it. ECR
      promises one update per 24 hours. The default, zero, records every pull.
    - `bugs`: internal errors of the stand-in.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.clock = SimulatedClock()
        self.identities = IamIdentities()
        self.access = AccessPolicy()
        self.faults = Faults()
        self.calls = CallLog[AwsCall]()
        self.registries = Registries()
        self.price_list = PriceListState(self.lock)
        self.pull_refresh = timedelta(0)
        self.bugs: list[str] = []
        shared = SharedAwsState(self.clock, self.lock, partial(digest_of, self.registries))
        self._apprunner = StatePerAccountRegion(AppRunnerState, shared)
        self._batch = StatePerAccountRegion(BatchState, shared)
        self._codebuild = StatePerAccountRegion(CodeBuildState, shared)
        self._ecs = StatePerAccountRegion(EcsState, shared)
        self._eks = StatePerAccountRegion(EksState, shared)
        self._events = StatePerAccountRegion(EventBridgeState, shared)
        self._functions = StatePerAccountRegion(LambdaState, shared)
        self._regions = StatePerAccountRegion(RegionOptIns, shared)
        self._sagemaker = StatePerAccountRegion(SageMakerState, shared)
        self._schedulers = StatePerAccountRegion(SchedulerState, shared)

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
        """The account's enabled Regions, in the partition of `region`."""
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
                raise ValueError(f"repository {name} already exists")
            registry.repositories[name] = repository
            return repository

    def repository(
        self, name: str, *, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> Repository:
        """An existing repository; raises KeyError."""
        with self.lock:
            return self.registries.at(account, region).repositories[name]

    def push(self, repository: Repository, text: str, **options: Unpack[PushOptions]) -> str:
        """Stores a manifest with any push time. Returns its digest.

        Unlike PutImage, it does not check children and immutable tags.
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
        """The manifest with this digest or tag; raises KeyError."""
        with self.lock:
            digest = repository.digest_by_tag.get(reference, reference)
            return repository.manifests[digest]

    def retag(self, repository: Repository, reference: str, tag: str) -> None:
        """Moves a tag to the manifest with this digest or tag."""
        with self.lock:
            repository.tag(self.manifest(repository, reference), tag)

    def pull(self, repository: Repository, reference: str, at: datetime | None = None) -> None:
        with self.lock:
            self.manifest(repository, reference).pull(at or self.clock.now())

    def archive(self, repository: Repository, reference: str, at: datetime | None = None) -> None:
        with self.lock:
            self.manifest(repository, reference).archive(at or self.clock.now())

    def restore(self, repository: Repository, reference: str, at: datetime | None = None) -> None:
        """Restores an archived image at once."""
        with self.lock:
            self.manifest(repository, reference).activate(at or self.clock.now())

    def remove(self, repository: Repository, reference: str) -> None:
        """Deletes a manifest without checks, even if an index lists it."""
        with self.lock, suppress(KeyError):
            repository.remove(self.manifest(repository, reference))

    def fail_deletion(self, repository: Repository, reference: str, code: str = "KmsError") -> None:
        """Makes BatchDeleteImage fail for this image, with an ImageFailureCode of the model."""
        with self.lock:
            repository.deletion_failures[self.manifest(repository, reference).digest] = code

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
        """Sets the policy in GetRepositoryPolicy. Permissions are set by `grant`."""
        with self.lock:
            repository.policy = orjson.dumps(policy).decode()

    def set_lifecycle_policy(self, repository: Repository, policy: Mapping[str, Any]) -> None:
        """Sets the policy in GetLifecyclePolicy. Deletes nothing."""
        with self.lock:
            repository.lifecycle_policy = orjson.dumps(policy).decode()

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

        With `deletions` None, `deleteReplication` is missing: deletions are not replicated (model).
        The stand-in does not copy images.
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
        """Like RegisterPullTimeUpdateExclusion."""
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
        """Denies an action such as `ecr:BatchGetImage`. All arguments are globs."""
        with self.lock:
            self.access.deny(DenyRule(action, principal, account, region, resource))

    def deny_regions(self, *regions: str, action: str = "*") -> None:
        """Denies matching actions in these Regions, like a service control policy."""
        with self.lock:
            for region in regions:
                self.access.deny(DenyRule(action, region=region, by_organization=True))

    def grant(
        self, account: str, *, principal: str = "*", action: str = "*", resource: str = "*"
    ) -> None:
        """Allows other accounts to use resources of `account`, like a resource policy."""
        with self.lock:
            self.access.grant(CrossAccountGrant(account, principal, action, resource))
