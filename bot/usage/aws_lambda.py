"""AWS Lambda: the images of all versions of container functions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from bot.aws.aws_api import AwsAnswer, AwsApi, error_with
from bot.aws.errors import explain_errors
from bot.core.usage import ImageUse
from bot.ports import DefinitionKey, OpenDefinitionCache
from bot.usage.known_definitions import Reading, no_definition_cache, one_by_one, read_once

_PAGE = 50
"""Largest page of Lambda, also for a higher MaxItems: API reference."""

_NOT_FOUND = error_with("ResourceNotFoundException")
"""The function or version was deleted after it was listed."""

LATEST = "$LATEST"

ALIASES_VALID_FOR = timedelta(days=1)
"""Aliases only name versions in messages: all versions count as in use, with and without one.
Lambda has no list of all aliases, and answers few of these calls in a second."""


class _FunctionVersion(NamedTuple):
    function: str
    version: str


class _CodeState(NamedTuple):
    """What Lambda changes whenever it changes the code of a version."""

    sha256: str
    modified: str

    @classmethod
    def of(cls, configuration: AwsAnswer) -> "_CodeState":
        return cls(configuration["CodeSha256"], configuration["LastModified"])


_Aliases = Mapping[_FunctionVersion, Sequence[str]]


class LambdaSource:
    """Lambda of one account in one Region."""

    name = "lambda"

    def __init__(self, aws: AwsApi, open_cache: OpenDefinitionCache = no_definition_cache) -> None:
        self.scope = str(aws)
        self._aws = aws
        self._open_cache = open_cache

    def image_uses(self) -> Iterator[ImageUse]:
        """Yields the image as deployed, and the digest that Lambda resolved and runs."""
        with explain_errors("Reading Lambda", self.scope, is_call=False):
            versions = dict(self._versions())
            aliases = self._all_aliases(versions)
            for version, (uri, digest) in self._images(versions).items():
                yield ImageUse(uri, _workload_name(version, aliases), digest)

    def _versions(self) -> Iterator[tuple[_FunctionVersion, _CodeState]]:
        """Yields $LATEST and all published versions. Functions from zip archives have no image."""
        functions = self._aws.pages(
            "lambda", "list_functions", "Functions", FunctionVersion="ALL", MaxItems=_PAGE
        )
        for entry in functions:
            if entry["PackageType"] == "Image":
                yield (
                    _FunctionVersion(entry["FunctionName"], entry["Version"]),
                    _CodeState.of(entry),
                )

    def _images(
        self, versions: Mapping[_FunctionVersion, _CodeState]
    ) -> Mapping[_FunctionVersion, tuple[str, ...]]:
        """Image and digest of each version that still exists."""
        place = self._aws.place_of("lambda")
        keys = {
            version: DefinitionKey(
                place, f"function:{version.function}:{version.version}", " ".join(code)
            )
            for version, code in versions.items()
        }
        return read_once(
            self._open_cache,
            keys,
            one_by_one(lambda version: self._image(version, versions[version])),
        )

    def _all_aliases(self, versions: Mapping[_FunctionVersion, _CodeState]) -> _Aliases:
        """Reads the aliases of a function again when it has another version or other code, and
        after ALIASES_VALID_FOR."""
        states: defaultdict[str, list[str]] = defaultdict(list)
        for version, code in versions.items():
            states[version.function].append(" ".join([version.version, *code]))
        place = self._aws.place_of("lambda")
        keys = {
            function: DefinitionKey(
                place, f"aliases:{function}", _fingerprint(state), ALIASES_VALID_FOR
            )
            for function, state in states.items()
        }
        found: defaultdict[_FunctionVersion, list[str]] = defaultdict(list)
        read = read_once(self._open_cache, keys, one_by_one(self._aliases))
        for function, aliases in read.items():
            for each in aliases:
                number, _, alias = each.partition(" ")
                found[_FunctionVersion(function, number)].append(alias)
        return found

    def _aliases(self, function: str) -> Reading | None:
        """Version and alias, separated by a space. None if the function was deleted."""
        request = {"FunctionName": function, "MaxItems": _PAGE}
        aliases: list[str] = []
        while answer := self._aws.find("lambda", "list_aliases", _NOT_FOUND, **request):
            for alias in answer["Aliases"]:
                aliases += [f"{version} {alias['Name']}" for version in _versions_of_alias(alias)]
            if not (token := answer.next_page()):
                return Reading(tuple(aliases))
            request |= token
        return None

    def _image(self, version: _FunctionVersion, listed: _CodeState) -> Reading | None:
        """It is final if the answer is about the code that was listed, since the function may have
        been updated in between, and if no update is in progress or has failed."""
        answer = self._aws.find(
            "lambda",
            "get_function",
            _NOT_FOUND,
            FunctionName=version.function,
            Qualifier=version.version,
        )
        if answer is None:
            return None
        code, configuration = answer["Code"], answer["Configuration"]
        digest = code["ResolvedImageUri"].rpartition("@")[2]
        is_final = _CodeState.of(configuration) == listed and _is_settled(configuration)
        return Reading((code["ImageUri"], digest), is_final and bool(digest))


def _is_settled(configuration: AwsAnswer) -> bool:
    """While an update is in progress, Lambda runs the code from before it (developer guide, Lambda
    function states). What it answers until the update succeeds may change."""
    is_created = configuration.get("State") != "Pending"
    return is_created and configuration.get("LastUpdateStatus") in (None, "Successful")


def _fingerprint(states: Iterable[str]) -> str:
    return sha256(" ".join(sorted(states)).encode()).hexdigest()


def _versions_of_alias(alias: AwsAnswer) -> set[str]:
    """The versions of an alias, which may split its calls between two."""
    routing = alias.get("RoutingConfig")
    weights = routing and routing.get("AdditionalVersionWeights")
    return {alias["FunctionVersion"], *(weights or ())}


def _workload_name(version: _FunctionVersion, aliases: _Aliases) -> str:
    number = version.version if version.version == LATEST else f"version {version.version}"
    names = sorted(aliases.get(version, ()))
    aliases_text = (
        f" ({'alias' if len(names) == 1 else 'aliases'} {', '.join(names)})" if names else ""
    )
    return f"Lambda {version.function} {number}{aliases_text}"
