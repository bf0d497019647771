"""AWS Lambda: importing this package registers its operations."""

from bot.playground.aws.aws_lambda import functions
from bot.playground.aws.aws_lambda.service import aws_lambda

__all__ = ["aws_lambda", "functions"]
