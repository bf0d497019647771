"""Amazon EC2: importing this package registers its operations."""

from bot.playground.aws.ec2 import regions
from bot.playground.aws.ec2.service import ec2

__all__ = ["ec2", "regions"]
