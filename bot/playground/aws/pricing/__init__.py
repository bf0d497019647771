"""AWS Price List: importing this package registers its operations."""

from bot.playground.aws.pricing import products
from bot.playground.aws.pricing.service import pricing

__all__ = ["pricing", "products"]
