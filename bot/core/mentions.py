"""Image references inside of longer texts: arguments, environment variables, annotations."""

import re
from collections.abc import Iterator

from bot.core.references import LONGEST, WITHOUT_HOST, Hosts, lowered_ascii

_BEHIND_HOST = re.compile(f"/{WITHOUT_HOST}", re.ASCII)
_ESCAPED_SLASH = re.compile(r"(?<!\\)\\+/")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}(?![0-9a-f])")
_PUNCTUATION = "._-"


def references_in(text: str, hosts: Hosts) -> frozenset[str]:
    """The longest references to registries of ECR and to aliases, and all digests besides. A tag
    that ends in punctuation is read with it and without it: that may end a sentence."""
    lowered = lowered_ascii(text)
    found = set(_DIGEST.findall(lowered))
    for start, end in hosts.hosts_in(lowered):
        rest = text[end : end + LONGEST]
        if rest.startswith("\\"):
            rest = _ESCAPED_SLASH.sub("/", rest)
        if behind := _BEHIND_HOST.match(rest):
            found.update(_readings(text[start:end] + behind[0]))
            found.discard(behind["digest"] or "")
    return frozenset(found)


def _readings(reference: str) -> Iterator[str]:
    yield reference
    if reference[-1] in _PUNCTUATION:
        yield reference.rstrip(_PUNCTUATION).removesuffix(":")
