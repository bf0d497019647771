"""Amazon EKS: importing this package registers its operations."""

from bot.playground.aws.eks import clusters
from bot.playground.aws.eks.service import eks

__all__ = ["clusters", "eks"]
