"""Histories of repositories whose law of growth is known: bytes of new blobs, week by week.

Rates, image sizes and the noise of the weeks differ from repository to repository.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log
from random import Random
from statistics import fmean

from bot.core.cost_estimate import DAYS_PER_MONTH

FUTURE_WEEKS = 52

Law = Callable[[Random, int], list[int]]
"""Makes the weeks of a repository that is so many weeks old, and those of the next year."""


@dataclass(frozen=True, slots=True)
class Team:
    """Pushes builds. `noise`: how much busier or quieter a week is, as the sigma of a lognormal."""

    random: Random
    builds_per_week: float
    image_bytes: float
    noise: float

    def week(self, rate: float = 1.0) -> int:
        busy = self.random.lognormvariate(-(self.noise**2) / 2, self.noise)
        return self.release(_poisson(self.random, self.builds_per_week * rate * busy))

    def release(self, images: int) -> int:
        sizes = (self.random.lognormvariate(log(self.image_bytes), 0.6) for _ in range(images))
        return int(sum(sizes))


def some_team(random: Random) -> Team:
    return Team(
        random,
        builds_per_week=exp(random.uniform(log(1), log(60))),
        image_bytes=exp(random.uniform(log(20e6), log(400e6))),
        noise=random.choice([0.1, 0.3, 0.5]),
    )


def _poisson(random: Random, mean: float) -> int:
    """The events of a week, by the times between them."""
    events, passed = 0, random.expovariate(1)
    while passed < mean:
        events += 1
        passed += random.expovariate(1)
    return events


def _steady(random: Random, age: int) -> list[int]:
    team = some_team(random)
    return [team.week() for _ in range(age + FUTURE_WEEKS)]


def _drifting(random: Random, age: int) -> list[int]:
    """Each week is about 5 % busier or quieter than the one before."""
    team, rate, weeks = some_team(random), 1.0, []
    for _ in range(age + FUTURE_WEEKS):
        rate *= random.lognormvariate(0, 0.05)
        weeks.append(team.week(rate))
    return weeks


def _monthly(random: Random, age: int) -> list[int]:
    """Ten images every month, give or take some days."""
    team, weeks = some_team(random), [0] * (age + FUTURE_WEEKS)
    day = random.uniform(0, DAYS_PER_MONTH)
    while (week := int(random.gauss(day, 2) // 7)) < len(weeks):
        weeks[max(0, week)] += team.release(10)
        day += DAYS_PER_MONTH
    return weeks


def _imported(random: Random, age: int) -> list[int]:
    """One of the last 12 weeks has 15 to 100 weeks' bytes more."""
    weeks = _steady(random, age)
    weeks[random.randrange(max(0, age - 12), age)] += int(fmean(weeks) * random.uniform(15, 100))
    return weeks


def _changing(factor: float) -> Law:
    def weeks(random: Random, age: int) -> list[int]:
        team = some_team(random)
        return [team.week(factor ** (week - age)) for week in range(age + FUTURE_WEEKS)]

    return weeks


def _stopped(random: Random, age: int) -> list[int]:
    team = some_team(random)
    return [team.week() if week < age - 6 else 0 for week in range(age + FUTURE_WEEKS)]


LAWS: dict[str, Law] = {
    "steady": _steady,
    "drifting: each week about 5% busier or quieter, by chance": _drifting,
    "bursts: ten images a month, at once": _monthly,
    "steady, with one big import": _imported,
    "stopped 6 weeks ago": _stopped,
    "growing by 2% each week": _changing(1.02),
    "shrinking by 2% each week": _changing(0.98),
}


def history(name: str, age: int, seed: int) -> tuple[Sequence[int], Sequence[int]]:
    """The weeks before and after now."""
    weeks = LAWS[name](Random(f"{name} {age} {seed}"), age)
    return weeks[:age], weeks[age:]
