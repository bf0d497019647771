"""Removes secrets from texts: those of the environment by their values, others by their formats.

Finds a value in every form in which an error may quote it: stripped, escaped by Python, JSON, URLs
or HTML, and split at white space.
"""

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote, unquote_plus

MARK = "***"

SLACK_SECRETS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")
AWS_SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
)
"""All that botocore 1.43 reads from the environment: botocore/credentials.py and tokens.py."""

OTHER_SECRETS = ("PGPASSWORD",)
URLS = (
    "DATABASE_URL",
    "SLACK_API_URL",
    "AWS_ENDPOINT_URL",
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)
"""Variables with URLs, which may have a password."""

VARIABLES = (*SLACK_SECRETS, *AWS_SECRETS, *OTHER_SECRETS, *URLS)
"""Every variable of the environment that may hold a secret."""

SHORTEST = 6
"""Characters. A shorter value may be a common word, so it is removed only by its format."""

LONG = 16
LONG_IF_MIXED = 8
"""Characters. A value of this length is not a word; the second is for values with digits or
capitals."""

_PARAMETER = re.compile(r"[?&]\w*pass\w*=([^&\s]+)", re.IGNORECASE)


class _SecretFormat(NamedTuple):
    """The format of a secret. Only texts with one of the `clues`, in lower case, are searched. The
    group of `pattern` is kept, the rest of the match is removed."""

    clues: tuple[str, ...]
    pattern: re.Pattern[str]

    def redact(self, text: str, lowered: str) -> str:
        if not any(clue in lowered for clue in self.clues):
            return text
        return self.pattern.sub(_marked, text)


_FORMATS = (
    _SecretFormat(
        ("header",),
        re.compile(
            r"((?i:invalid|illegal)[^'\"\n]{0,80}(?i:header)[^'\"\n]{0,40}?)"
            r"b?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
        ),
    ),
    _SecretFormat(
        ("authorization", "security-token", "metadata-token", "x-slack-signature", "cookie"),
        re.compile(
            r"(\b(?:(?:proxy-)?authorization|x-amz-security-token|x-aws-ec2-metadata-token"
            r"|x-slack-signature|cookie)['\"]?\s*[:=]\s*(?:b?['\"])?)"
            r"(?:[a-z0-9-]+[ ]+)?[^\s'\",&\\]+",
            re.IGNORECASE,
        ),
    ),
    _SecretFormat(
        ("x-amz-", "ticket=", "token=", "sig=", "signature="),
        re.compile(
            r"(\bx-amz-(?:security-token|signature|credential)(?:=|%3d)"
            r"|[?&](?:ticket|token|access_token|sig|signature)=)[^\s&'\"\\]+",
            re.IGNORECASE,
        ),
    ),
    _SecretFormat(
        ("password", "passwd", "secret", "session", "private_key"),
        re.compile(
            r"(\b(?:\w*password|passwd|\w*secret_?access_?key|\w*session_?token|client_secret"
            r"|private_key)(?:=|['\"]\s*[:=]\s*)(?:b?['\"])?)[^\s'\",&;\\]+",
            re.IGNORECASE,
        ),
    ),
    _SecretFormat(("://",), re.compile(r"(://)(?!USER:)[^\s/@'\"<>]+(?=@(?!sha\d+:))")),
    _SecretFormat(("bearer ", "basic "), re.compile(r"(\b(?:Bearer|Basic)[ ]+)[\w.~+/=-]{16,}")),
    _SecretFormat(("xox",), re.compile(r"()\bxox[a-z](?:\.xox[a-z])?-[\w-]{10,}")),
    _SecretFormat(("xapp-",), re.compile(r"()\bxapp-\d-[\w-]{10,}")),
    _SecretFormat(("akia", "asia"), re.compile(r"()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    _SecretFormat(
        ("fwog", "fqog", "iqoj", "aqod"),
        re.compile(r"()\b(?:FwoG|FQoG|IQoJ|AQoD)[\w+/=-]{40,}"),
    ),
    _SecretFormat(("eyj",), re.compile(r"()(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")),
    _SecretFormat(("k8s-aws-v1.",), re.compile(r"()\bk8s-aws-v1\.[\w-]{8,}")),
    _SecretFormat(
        ("private key-----",),
        re.compile(
            r"()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
        ),
    ),
)
"""Headers that a client refuses and quotes (http.client, httpx, requests); headers, parameters and
keys with secrets; user and password in a URL; tokens and keys of Slack, AWS, EKS and Kubernetes by
their prefixes."""


@dataclass(frozen=True, slots=True)
class Redactor:
    """Removes secrets. `words`: secrets that may also be words, such as `postgres`; `values`: the
    others."""

    values: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def redact(self, text: str) -> str:
        """For texts of this bot, which may use a password's text as a normal word."""
        for value in self.values:
            text = text.replace(value, MARK)
        lowered = text.lower()
        for secret_format in _FORMATS:
            text = secret_format.redact(text, lowered)
        return text

    def redact_external(self, text: str) -> str:
        """For texts of libraries, servers and programs, which may quote any secret."""
        for word in self.words:
            if word in text:
                text = re.sub(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", MARK, text)
        return self.redact(text)


def redactor_of(environment: Mapping[str, str]) -> Redactor:
    """Removes the longest secrets first, since they may contain others."""
    secrets = {form for secret in _secrets(environment) for form in _forms(secret)}
    longest_first = sorted(secrets, key=lambda form: (-len(form), form))
    return Redactor(
        values=tuple(form for form in longest_first if _is_not_a_word(form)),
        words=tuple(form for form in longest_first if not _is_not_a_word(form)),
    )


def _marked(found: re.Match[str]) -> str:
    return f"{found[1]}{MARK}"


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    for name in (*SLACK_SECRETS, *AWS_SECRETS, *OTHER_SECRETS):
        yield environment.get(name, "")
    for name in URLS:
        yield from _secrets_of_url(environment.get(name, "").strip())


def _secrets_of_url(url: str) -> Iterator[str]:
    """The password, in which @ and / may be unencoded. Not if it equals the name of the user, the
    host or the database."""
    _, _, rest = url.partition("://")
    user_info, _, place = rest.rpartition("@")
    user, _, password = user_info.partition(":")
    names = {user, *re.split(r"[/:?]", place)}
    for secret in (password, *_PARAMETER.findall(place)):
        if secret and secret not in names:
            yield secret
            yield unquote(secret)
            yield unquote_plus(secret)


def _forms(secret: str) -> Iterator[str]:
    for part in {secret, secret.strip(), *secret.split()}:
        found = {part, *(escape(part) for escape in _ESCAPES)}
        yield from (form for form in found if len(form) >= SHORTEST)


def _is_not_a_word(form: str) -> bool:
    is_mixed = form != form.lower() or any(sign.isdigit() for sign in form)
    return len(form) >= (LONG_IF_MIXED if is_mixed else LONG)


_ESCAPES: tuple[Callable[[str], str], ...] = (
    lambda text: repr(text)[1:-1],
    lambda text: repr(text.encode(errors="surrogateescape"))[2:-1],
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: quote(text.encode(errors="surrogateescape"), safe=""),
    lambda text: quote_plus(text.encode(errors="surrogateescape")),
    lambda text: html.escape(text, quote=False),
)
