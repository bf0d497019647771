"""DescribeRegions."""

from fnmatch import fnmatchcase
from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ec2.service import ec2
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import Answer

_FILTERS = {"endpoint": "Endpoint", "opt-in-status": "OptInStatus", "region-name": "RegionName"}


@ec2.operation("DescribeRegions")
def describe_regions(params: Params, context: CallContext) -> Answer:
    """The enabled Regions of the account, or with AllRegions all. Not paged."""
    if params.get("DryRun"):
        raise AwsError(
            "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412
        )
    entries = [
        _region(name, status)
        for name, status in context.world.regions(context.account, context.region).status.items()
        if _is_requested(name, status, params)
    ]
    _reject_unknown(params, {each["RegionName"] for each in entries})
    return {"Regions": [each for each in entries if _matches(each, params.get("Filters", ()))]}


def _region(name: str, status: str) -> dict[str, Any]:
    suffix = ".cn" if name.startswith("cn-") else ""
    return {
        "RegionName": name,
        "Endpoint": f"ec2.{name}.amazonaws.com{suffix}",
        "OptInStatus": status,
    }


def _is_requested(name: str, status: str, params: Params) -> bool:
    """A named Region is listed even if it is disabled (model)."""
    if names := params.get("RegionNames"):
        return name in names
    return bool(params.get("AllRegions")) or status != "not-opted-in"


def _reject_unknown(params: Params, known: set[str]) -> None:
    unknown = [name for name in params.get("RegionNames", ()) if name not in known]
    if unknown:
        raise AwsError("InvalidParameterValue", f"Invalid region(s): [{', '.join(unknown)}]")


def _matches(region: dict[str, Any], filters: list[dict[str, Any]]) -> bool:
    return all(
        any(fnmatchcase(region[_member(each)], value) for value in each.get("Values", ()))
        for each in filters
    )


def _member(given: dict[str, Any]) -> str:
    name = given.get("Name")
    if name not in _FILTERS:
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return _FILTERS[name]
