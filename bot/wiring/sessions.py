"""boto3 sessions as the settings name them."""

import os

import boto3
from botocore.config import Config

from bot.aws.errors import in_words
from bot.aws.sessions import Role, open_session
from bot.settings import Settings
from bot.settings.environment import check_aws_secrets


def session_of(
    role_arn: str | None, external_id: str | None = None, region: str | None = None
) -> boto3.Session:
    """Through the role, assumed in `region`, or without one on the caller's own credentials."""
    return session_as(Role(role_arn, external_id) if role_arn else None, region)


def session_as(
    role: Role | None, region: str | None, config: Config | None = None
) -> boto3.Session:
    """`config`: how the role is assumed. Raises RequestError for a secret of the environment that
    cannot be sent."""
    check_aws_secrets(os.environ)
    with in_words("Opening a session", "AWS"):
        return open_session(role, region, config)


def named_regions(settings: Settings) -> list[str]:
    return [entry.region for entry in settings.registries if entry.region]
