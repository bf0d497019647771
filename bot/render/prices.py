"""Sentences for prices of storage: the number, where it is from, and when it was read."""

from dataclasses import replace
from typing import assert_never

from bot.core.doctor_findings import PriceFinding, PriceListUnreadable, PriceRead
from bot.core.prices import GbPrice, PriceListProblem, PriceSource

FEWEST_DIGITS = 2
MOST_DIGITS = 4

NAME_A_PRICE = "set price_per_gb_month to the number of USD"


def price_words(price: GbPrice, region: str) -> str:
    """`$0.10 per GB and month (AWS's price list for eu-west-1, read Nov 28, 2026)`"""
    return f"${price_amount(price.usd)} per GB and month ({_source(price, region)})"


def price_finding_words(finding: PriceFinding) -> str:
    match finding:
        case PriceRead(price, region):
            return price_words(price, region)
        case PriceListUnreadable(price, region, failure):
            error = failure.error
            why = error.text if error else _problem(failure.problem, region)
            used = price_words(replace(price, problem=None), region)
            return f"{why}; the price until then: {used}"
        case _:
            assert_never(finding)


def price_finding_fix(finding: PriceFinding) -> str | None:
    match finding:
        case PriceRead():
            return None
        case PriceListUnreadable(_, _, failure):
            return _fix(failure.problem)
        case _:
            assert_never(finding)


def price_amount(usd: float) -> str:
    """`0.10`, `0.1134`, `1,000.00`"""
    whole, _, digits = f"{usd:,.{MOST_DIGITS}f}".partition(".")
    return f"{whole}.{digits.rstrip('0').ljust(FEWEST_DIGITS, '0')}"


def _source(price: GbPrice, region: str) -> str:
    match price.source:
        case PriceSource.SETTINGS:
            return "price_per_gb_month in the settings"
        case PriceSource.PRICE_LIST:
            read = f"AWS's price list for {region}{_read_at(price)}"
            return f"{read}; now {_problem(price.problem, region)}" if price.problem else read
        case PriceSource.DEFAULT:
            why = f": {_problem(price.problem, region)}" if price.problem else ""
            return f"the default{why}"
        case _:
            assert_never(price.source)


def _read_at(price: GbPrice) -> str:
    at = price.read_at
    return f", read {at:%b} {at.day}, {at.year}" if at else ""


def _problem(problem: PriceListProblem, region: str) -> str:
    match problem:
        case PriceListProblem.NOT_READ:
            return "AWS's price list was not read yet"
        case PriceListProblem.OTHER_PARTITION:
            return f"AWS has no price list in USD for {region}"
        case PriceListProblem.REFUSED:
            return "AWS does not permit reading its price list"
        case PriceListProblem.UNREACHABLE:
            return "AWS's price list cannot be reached"
        case PriceListProblem.NOT_LISTED:
            return f"AWS's price list has no price of storage for {region}"
        case PriceListProblem.UNREADABLE:
            return f"AWS's price list has no clear price of storage for {region}"
        case _:
            assert_never(problem)


def _fix(problem: PriceListProblem) -> str:
    match problem:
        case PriceListProblem.REFUSED:
            return (
                "grant pricing:GetProducts (`ecr-clean iam-policy` prints all required actions), "
                f"or {NAME_A_PRICE}"
            )
        case PriceListProblem.UNREACHABLE:
            return f"allow connections to api.pricing.us-east-1.amazonaws.com, or {NAME_A_PRICE}"
        case _:
            return NAME_A_PRICE
