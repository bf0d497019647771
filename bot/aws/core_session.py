"""botocore's session as this bot needs it: shared by threads, and clear about what is wrong."""

import os
from datetime import UTC, datetime
from functools import partial
from threading import RLock
from typing import Any

from botocore.credentials import CredentialProvider, CredentialResolver
from botocore.session import Session
from botocore.utils import parse_timestamp

from bot.aws.credentials import ToldCredentials, keep_in_bounds, read_code
from bot.aws.local_errors import (
    credentials_in_words,
    expect_readable_files,
    settings_in_words,
)

_CHAIN = "credential_provider"


class CoreSession(Session):
    """Several threads may open clients. Credentials come from `provider`, or from wherever boto3
    finds them, and are opened once; `has_asked_for_code`: with an MFA code that a person typed.
    Raises RequestError and ServiceError."""

    def __init__(self, provider: CredentialProvider | None = None) -> None:
        super().__init__()
        self.has_asked_for_code = False
        self._is_on_its_own = provider is None
        self._opening = RLock()
        self._told_credentials: ToldCredentials | None = None
        if provider:
            self.register_component(_CHAIN, CredentialResolver([provider]))
        if region := os.environ.get("AWS_REGION"):
            self.set_config_variable("region", region)  # botocore knows AWS_DEFAULT_REGION alone
        parsers = self.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=_timestamp)

    def create_client(self, *arguments: Any, **options: Any) -> Any:
        with self._opening, settings_in_words():
            return super().create_client(*arguments, **options)

    def get_credentials(self) -> ToldCredentials | None:
        """None if there are none."""
        with self._opening:
            if self._told_credentials is None:
                self._told_credentials = self._find()
            return self._told_credentials

    def _ask_for_code(self, prompt: str) -> str:
        self.has_asked_for_code = True
        return read_code(prompt)

    def _find(self) -> ToldCredentials | None:
        in_words = partial(credentials_in_words, self)
        with in_words():
            if self._is_on_its_own:
                keep_in_bounds(self.get_component(_CHAIN), self, self._ask_for_code)
            found = super().get_credentials()
        if found is None:
            expect_readable_files()
            return None
        return ToldCredentials(found, in_words)


def _timestamp(value: Any) -> datetime:
    """JSON services send epoch seconds; botocore's own parser tries other forms first, which costs
    half of the time of listing a large repository."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return parse_timestamp(value)
