"""GetProducts: at most 100 products per page (model)."""

from typing import Any

import orjson

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import ascending
from bot.playground.aws.pricing.service import INVALID, pager, pricing
from bot.playground.aws.service import Answer

ENDPOINTS = ("ap-south-1", "eu-central-1", "us-east-1")
"""Regions: botocore's endpoints.json."""

FILTER_FIELDS = {
    "fromLocation",
    "location",
    "locationType",
    "operation",
    "productFamily",
    "regionCode",
    "servicecode",
    "servicename",
    "toLocation",
    "transferType",
    "usagetype",
}


@pricing.operation("GetProducts")
def get_products(params: Params, context: CallContext) -> Answer:
    """Products that match all filters. The stand-in knows ECR only."""
    if context.region not in ENDPOINTS:
        raise AwsError(
            "UnknownEndpoint", f"The price list has no endpoint in {context.region}", 501
        )
    if params["ServiceCode"] != "AmazonECR":
        raise AwsError("NotFoundException", "No service with this ServiceCode was found.")
    filters = params.get("Filters", [])
    for each in filters:
        _check(each)
    entries = {
        product.sku: product.entry()
        for product in context.world.price_list.products()
        if all(product.matches(each["Field"], each["Value"]) for each in filters)
    }
    skus, more = pager.page(ascending(sorted(entries)), params, context)
    texts = [orjson.dumps(entries[sku]).decode() for sku in skus]
    return {"FormatVersion": "aws_v1", "PriceList": texts} | more


def _check(given: dict[str, Any]) -> None:
    if given["Field"] not in FILTER_FIELDS:
        raise AwsError(INVALID, f"The filter field {given['Field']} is not valid.")
    if given["Type"] not in ("TERM_MATCH", "EQUALS"):
        raise AwsError(
            "UnknownOperationException",
            f"The stand-in does not support filters of type {given['Type']}",
            501,
        )
