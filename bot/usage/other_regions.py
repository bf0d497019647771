"""Regions of an account where no source looks, and what ECS, Lambda and EKS have there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import boto3

from bot.aws.eks import Eks
from bot.aws.place import AwsPlace
from bot.aws.places import enabled_regions
from bot.aws.sessions import brief_config
from bot.core.errors import ForbiddenError, RequestError, ServiceError
from bot.core.repository import RegistryId
from bot.core.usage import Elsewhere, UnseenRegion
from bot.parallel import in_parallel
from bot.ports import Asked, RegionMemory
from bot.usage.kubernetes.unlisted import KnownClusters

LASTS = timedelta(days=1)
"""How long an answer counts."""

_LAMBDA_PAGE = 50
"""The most that Lambda lists at once: API reference, MaxItems."""

Question = Callable[[AwsPlace], bool]
"""Whether there may be something, by one call."""


def has_ecs_clusters(place: AwsPlace) -> bool:
    return bool(place.call("ecs", "list_clusters", maxResults=1)["clusterArns"])


def may_have_lambda_images(place: AwsPlace) -> bool:
    """Functions from zip archives use none; where there is more than a page of them, others may."""
    answer = place.call("lambda", "list_functions", MaxItems=_LAMBDA_PAGE)
    is_image = any(function["PackageType"] == "Image" for function in answer["Functions"])
    return is_image or answer.next_page() is not None


def has_eks_clusters(known: KnownClusters) -> Question:
    """Those that are neither ignored nor listed by ARN: a name that is listed is taken for that of
    a cluster which is looked at."""
    return lambda place: bool(known.unlisted(Eks(place).clusters(), ()))


class NoMemory:
    """Lets every Region be asked anew."""

    def asked_regions(self, _account: str) -> Mapping[tuple[str, str], Asked]:
        return {}

    def remember_regions(self, account: str, asked: Mapping[tuple[str, str], Asked]) -> None: ...


@dataclass(frozen=True, slots=True)
class _Answers:
    """What a Region told, by source, now or earlier. `why`: why it did not tell all."""

    region: str
    by_source: Mapping[str, Asked]
    is_forbidden: bool = False
    why: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Those that may find something."""
        return tuple(source for source, asked in self.by_source.items() if asked.has_any)


@dataclass(frozen=True, slots=True)
class OtherRegions:
    """Those that the account has opted into, besides the ones that are looked at. `questions`: what
    to ask there, by source."""

    session: boto3.Session
    account: str
    looked_at: Sequence[str]
    questions: Mapping[str, Question]

    def ask(self, memory: RegionMemory, now: datetime) -> Elsewhere:
        """Asks what `memory` does not know, or knew too long ago. A Region that does not tell is as
        it was last. Raises ServiceError if the memory fails, and for nothing else."""
        known = memory.asked_regions(self.account)
        try:
            enabled = enabled_regions(self.session, self.account, self.looked_at[0])
        except (RequestError, ServiceError) as error:
            return Elsewhere(self.account, silent=(str(error),))
        others = (region for region in enabled if region not in self.looked_at)
        answers = list(in_parallel(lambda region: self._ask(region, known, now), others))
        new = {
            (each.region, source): asked
            for each in answers
            for source, asked in each.by_source.items()
            if asked.at == now
        }
        memory.remember_regions(self.account, new)
        return self._elsewhere(answers)

    def _ask(self, region: str, known: Mapping[tuple[str, str], Asked], now: datetime) -> _Answers:
        """Whatever does not tell in time is not asked further."""
        place = AwsPlace(self.session, self.account, region, brief_config())
        told = {
            source: known[key] for source in self.questions if (key := (region, source)) in known
        }
        for source, question in self.questions.items():
            if source in told and now - told[source].at < LASTS:
                continue
            try:
                told[source] = Asked(question(place), now)
            except ForbiddenError:
                told[source] = Asked(has_any=False, at=now)
            except (RequestError, ServiceError) as error:
                return _Answers(region, told, why=str(error))
        return _Answers(region, told, is_forbidden=place.is_forbidden)

    def _elsewhere(self, answers: Sequence[_Answers]) -> Elsewhere:
        return Elsewhere(
            account=self.account,
            found=tuple(
                UnseenRegion(RegistryId(self.account, each.region), sources)
                for each in answers
                if (sources := each.sources)
            ),
            asked=tuple(a.region for a in answers if not a.why and not a.is_forbidden),
            forbidden=tuple(each.region for each in answers if each.is_forbidden),
            silent=tuple(each.why for each in answers if each.why),
        )
