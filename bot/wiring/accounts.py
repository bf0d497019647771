"""The accounts in which the sources of usage look, each in its Regions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import boto3

from bot.aws.ecr import EcrRegistry
from bot.aws.place import AwsPlace
from bot.aws.places import ALL_REGIONS, AccountAccess, open_places
from bot.core.errors import RequestError, ServiceError
from bot.core.region_lists import RegionList
from bot.core.sentence import Sentence
from bot.settings import Settings
from bot.wiring.sessions import session_of


@dataclass(slots=True)
class OpenAccount:
    """`session`: of whoever opened it first. `is_whole`: all of its Regions are looked at. For the
    others, see AccountAccess."""

    session: boto3.Session
    account: str
    places: dict[str, AwsPlace] = field(default_factory=dict)
    has_registry: bool = False
    has_own_list: bool = False
    is_whole: bool = False

    def region_list(self) -> RegionList:
        """After a scan: AWS's answers tell which Regions are denied."""
        denied = [region for region, place in self.places.items() if place.is_denied]
        return RegionList(
            account=self.account,
            is_own=self.has_own_list,
            has_registry=self.has_registry,
            allowed=tuple(region for region in self.places if region not in denied),
            denied=tuple(denied),
        )


class Unopened(NamedTuple):
    """What could not be looked into, and why."""

    scope: str
    why: Sentence


def open_accounts(
    settings: Settings, registries: Sequence[EcrRegistry]
) -> tuple[Sequence[OpenAccount], Sequence[Unopened]]:
    """Who opens a Region of an account first looks into it."""
    accounts: dict[str, OpenAccount] = {}
    failures: list[Unopened] = []
    for access in _accesses(settings, registries):
        try:
            for place in open_places(access):
                account = accounts.setdefault(
                    place.account, OpenAccount(access.session, place.account)
                )
                account.places.setdefault(place.region, place)
                account.has_registry |= access.has_registry
                account.has_own_list |= access.has_own_list
                account.is_whole |= ALL_REGIONS in access.regions
        except (RequestError, ServiceError) as error:
            failures.append(Unopened(access.account or "the caller's account", Sentence.of(error)))
    return list(accounts.values()), failures


def _accesses(settings: Settings, registries: Sequence[EcrRegistry]) -> Iterator[AccountAccess]:
    """Those that the settings tell how to look into, each in its Regions, and then the registries'
    own."""
    own_regions = tuple(sorted({registry.region for registry in registries}))
    regions = settings.usage.regions or own_regions
    told = {entry.account: entry for entry in reversed(settings.usage.accounts)}
    for entry in settings.usage.accounts:
        session = session_of(entry.role_arn, entry.external_id, own_regions[0])
        yield AccountAccess(
            session,
            entry.account,
            entry.regions or regions,
            has_own_list=bool(entry.regions),
        )
    for registry in registries:
        entry_of_it = told.get(registry.account or "")
        session = (
            session_of(entry_of_it.role_arn, entry_of_it.external_id, registry.region)
            if entry_of_it
            else registry.session
        )
        yield AccountAccess(session, registry.account, regions, has_registry=True)
