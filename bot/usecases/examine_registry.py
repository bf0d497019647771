"""Looks at one registry: what planning needs of it, and where its images and deletions go."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

from bot.core.coverage import Coverage, source_for
from bot.core.due import IGNORE
from bot.core.errors import RequestError, ServiceError
from bot.core.findings import Finding, failed, ok, warning
from bot.core.manifest import Described
from bot.core.repository import RegistryId, RepositoryId
from bot.core.repository_policy import ANYBODY, Puller
from bot.core.snapshot import Snapshot
from bot.core.unresolved import REFERENCES, Naming
from bot.core.words import first_few
from bot.parallel import in_parallel
from bot.ports import Registry

NO_IMAGE = Described("sha256:" + 64 * "0", (), None, None, 0)
"""To read it takes the same permission as any other, and leaves no pull time."""

GRANT = "if AWS refuses an action, grant it: ecr-clean iam-policy prints all that are needed"

IGNORE_REFERENCES = "usage.ignore_references"
FIX_UNREADABLE = f"write [HOST/]REPOSITORY[:TAG][@DIGEST] there, or list it in {IGNORE_REFERENCES}"
FIX_MISSING = (
    "name the mirror in usage.registry_aliases, with its path, or list the reference in "
    f"{IGNORE_REFERENCES}"
)

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Examination:
    """`principal`: the ARN of the IAM user or role that reads the registry, if there is one; it
    `is_whole` unless the path of a role may be missing. Unless it `is_listed`, repositories may be
    missing."""

    registry: Registry
    id: RegistryId
    repositories: Sequence[RepositoryId]
    principal: str | None
    is_whole: bool = True
    is_listed: bool = True

    def policies(self, coverage: Coverage) -> Iterator[Finding]:
        """Which accounts and services the repositories let pull, and whether anybody looks at
        them."""
        check, scope = "repository policies", str(self.id)
        unread: list[str] = []
        accounts: list[tuple[str, str]] = []
        services: list[tuple[str, str]] = []
        allowed: set[Puller] = set()
        for name, answer in self._pullers():
            if isinstance(answer, ServiceError):
                unread.append(str(answer))
            else:
                allowed |= answer
                accounts += [(account, name) for account in coverage.unseen_accounts(answer)]
                services += [(service, name) for service in coverage.unseen_services(answer)]
        if unread:
            others = f" (so with {len(unread) - 1:,} other repositories)" if unread[1:] else ""
            yield failed(check, scope, f"{unread[0]}{others}", GRANT)
        for account, names in sorted(_grouped(accounts).items()):
            yield failed(check, scope, *_unseen_account(account, names))
        for service, names in sorted(_grouped(services).items()):
            yield failed(check, scope, *_unseen_service(service, names))
        if not (unread or accounts or services):
            yield ok(check, scope, self._all_seen(allowed))

    def replication(self, coverage: Coverage) -> Iterator[Finding]:
        """Where replication rules carry deletions, and whether anybody looks there."""
        check, scope = "replication", str(self.id)
        try:
            carried = _grouped(
                (place, repository.name)
                for repository in self.repositories
                for place in self.registry.deleted_also_in(repository)
            )
        except ServiceError as error:
            yield failed(check, scope, str(error), GRANT)
            return
        unseen = set(coverage.unseen(carried))
        for place, names in carried.items():
            detail = f"deletions are carried to {place}: {first_few(names)}"
            if place in unseen:
                yield failed(
                    check,
                    scope,
                    f"{detail}; nobody looks for usage there",
                    "add it to usage.accounts or usage.regions, or switch deleteReplication off",
                )
            else:
                yield warning(check, scope, detail, "switch deleteReplication off if that is wrong")
        if not carried:
            yield ok(check, scope, "no rule carries deletions elsewhere")

    def references(
        self, snapshot: Snapshot, all_repositories: Iterable[RepositoryId]
    ) -> Iterator[Finding]:
        """References to this registry that cannot be read or whose repository does not exist.
        `all_repositories`: those of all registries, which a reference may mean instead."""
        scope = str(self.id)
        by_name = _grouped((each.name, each.uri) for each in all_repositories)
        names = {each.name for each in self.repositories}
        findings = [*self._unreadable(snapshot), *self._held_back(snapshot, names, by_name)]
        yield from findings
        unknown = [
            _use(naming)
            for naming in snapshot.named
            if naming.registry == self.id
            and naming.name not in names
            and not any(ending in by_name for ending in naming.endings)
        ]
        if unknown:
            yield warning(
                REFERENCES,
                scope,
                f"workloads name repositories that do not exist: {first_few(unknown)}",
                f"remove what is not needed any more, or list it in {IGNORE_REFERENCES}",
            )
        elif not findings:
            yield ok(REFERENCES, scope, "every repository that workloads name exists")

    def _unreadable(self, snapshot: Snapshot) -> Iterator[Finding]:
        for each in snapshot.unreadable:
            if self.id not in {possible.registry for possible in each.possible_names}:
                continue
            meant = [r.name for r in self.repositories if each.may_mean(self.id, r.name)]
            use = f"{each.image!r} (used by {first_few(each.used_by)})"
            detail = f"{use} cannot be read as an image reference"
            if meant:
                detail = f"{detail}; plans of {first_few(meant)} are incomplete until then"
                yield failed(REFERENCES, str(self.id), detail, FIX_UNREADABLE)
            else:
                yield warning(REFERENCES, str(self.id), detail, FIX_UNREADABLE)

    def _held_back(
        self, snapshot: Snapshot, names: Set[str], by_name: Mapping[str, Sequence[str]]
    ) -> Iterator[Finding]:
        for naming in snapshot.named:
            meant = [uri for ending in naming.endings for uri in by_name.get(ending, ())]
            if naming.registry == self.id and naming.name not in names and meant:
                yield failed(
                    REFERENCES,
                    str(self.id),
                    f"there is no repository for {_use(naming)}; plans of {first_few(meant)} are "
                    "incomplete until then",
                    FIX_MISSING,
                )

    def pull_times(self) -> Finding:
        check, scope = "pull times", str(self.id)
        try:
            if not self.registry.records_our_pulls():
                return ok(check, scope, "reading manifests leaves no trace in them")
        except ServiceError as error:
            return warning(check, scope, str(error), GRANT)
        return warning(
            check, scope, "reading manifests counts as a pull, and so blurs them", self._exempt()
        )

    def layers(self) -> Finding:
        check, scope = "shared layers", str(self.id)
        try:
            if self.registry.layers_stay_within_repositories():
                return ok(check, scope, "BLOB_MOUNTING is off: savings can be told exactly")
        except ServiceError as error:
            return warning(check, scope, str(error), GRANT)
        return warning(
            check,
            scope,
            "BLOB_MOUNTING is on: repositories may share layers, so that savings are inexact",
            "leave it if you share layers; otherwise: aws ecr put-account-setting "
            f"--name BLOB_MOUNTING --value DISABLED --region {self.id.region}",
        )

    def ignored(self) -> Finding:
        """Whether the tag that leaves a repository out of reports can be seen, tried on the
        first."""
        check, scope = "resource tags", str(self.id)
        try:
            self.registry.resource_tags(self.repositories[0])
        except (RequestError, ServiceError) as error:
            return warning(check, scope, f"{error}; {IGNORE} leaves nothing out of reports", GRANT)
        return ok(check, scope, f"a repository that has {IGNORE} is left out of reports")

    def _all_seen(self, pullers: Iterable[Puller]) -> str:
        accounts, services = set[str](), set[str]()
        for puller in pullers:
            if puller.service:
                services.add(puller.service)
            elif puller.account != self.id.account:
                accounts.add(puller.account)
        others = f" and services: {called(sorted(services))}" if services else ""
        named = ", ".join(sorted(accounts)) or "none"
        return f"other accounts that they let pull are looked at or ignored: {named}{others}"

    def _pullers(self) -> Iterator[tuple[str, frozenset[Puller] | ServiceError]]:
        """By the names of repositories."""
        answers = in_parallel(self._pullers_of, self.repositories)
        for repository, answer in zip(self.repositories, answers, strict=True):
            yield repository.name, answer

    def _pullers_of(self, repository: RepositoryId) -> frozenset[Puller] | ServiceError:
        try:
            return self.registry.pullers(repository)
        except ServiceError as error:
            return error

    def _exempt(self) -> str:
        """Users and roles alone can be exempted: API reference, RegisterPullTimeUpdateExclusion."""
        if self.principal is None:
            return "run this as an IAM role or user: no other principal can be exempted"
        path = "" if self.is_whole else " (if the role has a path, put it before its name)"
        return (
            "exempt it: aws ecr register-pull-time-update-exclusion "
            f"--principal-arn {self.principal} --region {self.id.region}{path}"
        )


def list_repositories(registry: Registry, scope: str) -> tuple[Finding, Sequence[RepositoryId]]:
    """Also whether images can be listed and read, tried on the first repository."""
    repositories: list[RepositoryId] = []
    try:
        repositories += registry.repositories()
        for first in repositories[:1]:
            next(iter(registry.describe(first)), None)
            next(iter(registry.digests(first)), None)
            registry.read(first, [NO_IMAGE])
    except (RequestError, ServiceError) as error:
        return failed("registry", scope, str(error), GRANT), repositories
    if not repositories:
        mend = "check region and account under registries"
        return warning("registry", scope, "it has no repositories", mend), repositories
    detail = f"images can be listed and read; repositories: {len(repositories):,}"
    return ok("registry", scope, detail), repositories


def _unseen_account(account: str, names: Sequence[str]) -> tuple[str, str]:
    """What is wrong, and how to mend it."""
    if account == ANYBODY:
        return (
            f"accounts may pull that the policy does not name: {first_few(names)}",
            "name them in the policy, or put '*' into usage.ignore_accounts if none needs a look",
        )
    return (
        f"account {account} may pull, where nobody looks for usage: {first_few(names)}",
        "add it to usage.accounts, or to usage.ignore_accounts if it needs no look",
    )


def _unseen_service(service: str, names: Sequence[str]) -> tuple[str, str]:
    """What is wrong, and how to mend it."""
    detail = f"{called([service])} may pull, and no source that is on looks at it: "
    return detail + first_few(names), fix_for_services([service])


def _grouped(pairs: Iterable[tuple[Key, str]]) -> Mapping[Key, Sequence[str]]:
    groups: defaultdict[Key, list[str]] = defaultdict(list)
    for key, name in pairs:
        groups[key].append(name)
    return groups


def _use(naming: Naming) -> str:
    return f"{naming.image} (used by {naming.used_by})"


def fix_for_services(services: Iterable[str]) -> str:
    """What to do about services that no source looks at."""
    off = sorted({source for service in services if (source := source_for(service))})
    switch = f"switch on {', '.join(f'usage.{source}' for source in off)}, or " if off else ""
    return (
        f"{switch}name the images that they run in a file of usage.files, if there are any, and "
        "then the services in usage.ignore_services"
    )


def called(services: Iterable[str]) -> str:
    """In a sentence: `emr-serverless.amazonaws.com, omics.amazonaws.com`."""
    return ", ".join("any service" if name == ANYBODY else name for name in services)
