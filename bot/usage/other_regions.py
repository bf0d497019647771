"""Checks the Regions of an account that no source scans, for ECS, Lambda and EKS workloads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import boto3

from bot.aws.aws_api import AwsApi, enabled_regions
from bot.aws.eks import EksClusters
from bot.aws.sessions import short_timeout_config
from bot.core.errors import DeniedByOrganizationError, ErrorText, RequestError, ServiceError
from bot.core.repository import RegistryId
from bot.core.usage import OtherRegionsUsage, UnscannedRegion
from bot.parallel import in_parallel
from bot.ports import RegionAnswer, RegionMemory
from bot.usage.kubernetes.unlisted_clusters import KnownEksClusters

ANSWER_LIFETIME = timedelta(days=1)
"""How long an answer is reused."""

_LAMBDA_PAGE = 50
"""Largest page of Lambda: API reference, MaxItems."""

_Known = Mapping[tuple[str, str], RegionAnswer]
"""Keys: Region and source."""

Question = Callable[[AwsApi], bool]
"""Whether a service may run images in a Region. Makes one call."""


def has_ecs_clusters(aws: AwsApi) -> bool:
    return bool(aws.call("ecs", "list_clusters", maxResults=1)["clusterArns"])


def may_have_lambda_images(aws: AwsApi) -> bool:
    """True for a container function on the first page, or for more pages. Functions from zip
    archives have no image."""
    answer = aws.call("lambda", "list_functions", MaxItems=_LAMBDA_PAGE)
    is_image = any(function["PackageType"] == "Image" for function in answer["Functions"])
    return is_image or answer.next_page() is not None


def has_eks_clusters(known: KnownEksClusters) -> Question:
    """Whether clusters exist that are neither ignored nor listed by ARN. Listed names do not count:
    they belong to clusters in scanned Regions."""
    return lambda aws: bool(known.unlisted(EksClusters(aws).clusters(), ()))


class NullRegionMemory:
    """A RegionMemory that stores nothing, so that every Region is asked."""

    def asked_regions(self, _account: str) -> Mapping[tuple[str, str], RegionAnswer]:
        return {}

    def remember_regions(
        self, account: str, asked: Mapping[tuple[str, str], RegionAnswer]
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class _RegionAnswers:
    """The answers of one Region by source, new or remembered. `error`: why answers are missing or
    old."""

    region: str
    by_source: Mapping[str, RegionAnswer]
    is_denied: bool = False
    error: ErrorText | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources that may find images in use."""
        return tuple(sorted(name for name, asked in self.by_source.items() if asked.has_any))


@dataclass(frozen=True, slots=True)
class OtherRegionsCheck:
    """Checks the enabled Regions of an account except the `scanned` ones. `questions`: the check of
    each Region by source."""

    session: boto3.Session
    account: str
    scanned: Sequence[str]
    questions: Mapping[str, Question]

    def check(self, memory: RegionMemory, now: datetime) -> OtherRegionsUsage:
        """Asks for answers that `memory` lacks or that are older than ANSWER_LIFETIME. Uses the
        remembered answer if a call fails. Raises ServiceError only if the memory fails."""
        known = memory.asked_regions(self.account)
        try:
            enabled = enabled_regions(self.session, self.account, self.scanned[0])
        except (RequestError, ServiceError) as error:
            return self._elsewhere(self._all_remembered(known, ErrorText.of(error)))
        others = (region for region in enabled if region not in self.scanned)
        answers = list(in_parallel(lambda region: self._ask(region, known, now), others))
        new = {
            (each.region, source): asked
            for each in answers
            for source, asked in each.by_source.items()
            if asked.at == now
        }
        memory.remember_regions(self.account, new)
        return self._elsewhere(answers)

    def _ask(self, region: str, known: _Known, now: datetime) -> _RegionAnswers:
        """Stops at the first error of the Region."""
        aws = AwsApi(self.session, self.account, region, short_timeout_config())
        answers = self._remembered(known, region)
        for source, question in self.questions.items():
            if source in answers and now - answers[source].at < ANSWER_LIFETIME:
                continue
            try:
                answers[source] = RegionAnswer(question(aws), now)
            except DeniedByOrganizationError:
                answers[source] = RegionAnswer(has_any=False, at=now)
            except (RequestError, ServiceError) as error:
                return _RegionAnswers(region, answers, error=ErrorText.of(error))
        return _RegionAnswers(region, answers, is_denied=aws.is_denied)

    def _all_remembered(self, known: _Known, error: ErrorText) -> list[_RegionAnswers]:
        """The remembered answers, used if the Regions of the account cannot be listed."""
        regions = {region for region, _ in known if region not in self.scanned}
        answers = [
            _RegionAnswers(region, self._remembered(known, region)) for region in sorted(regions)
        ]
        return [*answers, _RegionAnswers(self.account, {}, error=error)]

    def _remembered(self, known: _Known, region: str) -> dict[str, RegionAnswer]:
        """Remembered answers by source."""
        keys = {source: (region, source) for source in self.questions}
        return {source: known[key] for source, key in keys.items() if key in known}

    def _elsewhere(self, answers: Sequence[_RegionAnswers]) -> OtherRegionsUsage:
        return OtherRegionsUsage(
            account=self.account,
            found=tuple(
                UnscannedRegion(RegistryId(self.account, each.region), sources)
                for each in answers
                if (sources := each.sources)
            ),
            asked=tuple(a.region for a in answers if not a.error and not a.is_denied),
            denied=tuple(each.region for each in answers if each.is_denied),
            errors=tuple(each.error for each in answers if each.error),
        )
