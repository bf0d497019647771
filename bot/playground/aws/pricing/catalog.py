"""The products of ECR in AWS's price list. Their form and the usage types of storage are those that
tools published in 2026; the other products only have to be there."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VERSION = "20260911124607"
PUBLISHED_AT = "2026-09-11T12:46:07Z"
EFFECTIVE_AT = "2026-09-01T00:00:00Z"
ON_DEMAND = "JRTCKXETXF"
RATE = "6YS6EN2CT7"

CONTAINER_REGISTRY = "EC2 Container Registry"
DATA_TRANSFER = "Data Transfer"

ARCHIVE_TIER = "153600"
"""150 TB in GB."""


@dataclass(frozen=True)
class PricedRegion:
    """`prefix`: of usage types. us-east-1 has none for older ones."""

    location: str
    prefix: str


REGIONS: Mapping[str, PricedRegion] = {
    "ap-northeast-1": PricedRegion("Asia Pacific (Tokyo)", "APN1"),
    "ap-south-1": PricedRegion("Asia Pacific (Mumbai)", "APS3"),
    "ap-southeast-1": PricedRegion("Asia Pacific (Singapore)", "APS1"),
    "ap-southeast-2": PricedRegion("Asia Pacific (Sydney)", "APS2"),
    "ca-central-1": PricedRegion("Canada (Central)", "CAN1"),
    "eu-central-1": PricedRegion("EU (Frankfurt)", "EUC1"),
    "eu-north-1": PricedRegion("EU (Stockholm)", "EUN1"),
    "eu-west-1": PricedRegion("EU (Ireland)", "EU"),
    "eu-west-2": PricedRegion("EU (London)", "EUW2"),
    "eu-west-3": PricedRegion("EU (Paris)", "EUW3"),
    "sa-east-1": PricedRegion("South America (Sao Paulo)", "SAE1"),
    "us-east-1": PricedRegion("US East (N. Virginia)", ""),
    "us-east-2": PricedRegion("US East (Ohio)", "USE2"),
    "us-west-1": PricedRegion("US West (N. California)", "USW1"),
    "us-west-2": PricedRegion("US West (Oregon)", "USW2"),
}


@dataclass(frozen=True)
class PriceTier:
    """The price of units from `begin` to `end`."""

    usd: str
    unit: str = "GB-Mo"
    begin: str = "0"
    end: str = "Inf"


@dataclass(frozen=True)
class PricedProduct:
    """`location`: attributes that describe the place."""

    region: str
    usage_type: str
    family: str
    tiers: Sequence[PriceTier]
    location: Mapping[str, str]

    @property
    def sku(self) -> str:
        """16 letters and digits, different for each product."""
        return hashlib.sha256(f"{self.region} {self.usage_type}".encode()).hexdigest()[:16].upper()

    @property
    def attributes(self) -> dict[str, str]:
        return {
            **self.location,
            "servicecode": "AmazonECR",
            "servicename": "Amazon EC2 Container Registry (ECR)",
            "regionCode": self.region,
            "usagetype": self.usage_type,
            "operation": "",
        }

    def matches(self, name: str, value: str) -> bool:
        return (self.attributes | {"productFamily": self.family}).get(name) == value

    def entry(self) -> Mapping[str, Any]:
        """As in GetProducts."""
        term = f"{self.sku}.{ON_DEMAND}"
        offer = {
            "priceDimensions": {
                f"{term}.{RATE}{number or ''}": _dimension(f"{term}.{RATE}{number or ''}", tier)
                for number, tier in enumerate(self.tiers)
            },
            "sku": self.sku,
            "effectiveDate": EFFECTIVE_AT,
            "offerTermCode": ON_DEMAND,
            "termAttributes": {},
        }
        return {
            "product": {
                "productFamily": self.family,
                "attributes": self.attributes,
                "sku": self.sku,
            },
            "serviceCode": "AmazonECR",
            "terms": {"OnDemand": {term: offer}},
            "version": VERSION,
            "publicationDate": PUBLISHED_AT,
        }


def _dimension(code: str, tier: PriceTier) -> Mapping[str, Any]:
    return {
        "unit": tier.unit,
        "endRange": tier.end,
        "description": f"${tier.usd} per {tier.unit}",
        "appliesTo": [],
        "rateCode": code,
        "beginRange": tier.begin,
        "pricePerUnit": {"USD": f"{float(tier.usd):.10f}"},
    }


def products_in(
    name: str, region: PricedRegion, storage: Sequence[PriceTier]
) -> Iterator[PricedProduct]:
    """All products of ECR in a Region. `storage`: the price of images that are not archived."""
    here = {"location": region.location, "locationType": "AWS Region"}
    newer = region.prefix or "USE1"
    older = f"{region.prefix}-" if region.prefix else ""
    archive = [
        PriceTier("0.10", end=ARCHIVE_TIER),
        PriceTier("0.07", begin=ARCHIVE_TIER),
    ]
    for usage_type, tiers in {
        f"{newer}-AsyncActions-ImageSigning": [PriceTier("0.0005", "Actions")],
        f"{newer}-Retrieval-Archive": [PriceTier("0.03", "GB")],
        f"{newer}-TimedStorage-Archive-ByteHrs": archive,
        f"{older}TimedStorage-ByteHrs": storage,
    }.items():
        yield PricedProduct(name, usage_type, CONTAINER_REGISTRY, tiers, here)
    there = {
        "fromLocation": region.location,
        "fromLocationType": "AWS Region",
        "fromRegionCode": name,
        "toLocation": "External",
        "toLocationType": "Other",
        "transferType": "AWS Outbound",
    }
    outbound = [PriceTier("0.09", "GB", end="10240"), PriceTier("0.085", "GB", begin="10240")]
    yield PricedProduct(name, f"{newer}-DataTransfer-Out-Bytes", DATA_TRANSFER, outbound, there)
