"""AWS Lambda: every version of every function that runs from an image."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bot.aws.errors import in_words
from bot.aws.places import Answer, AwsPlace, absence
from bot.core.usage import Sighting
from bot.parallel import in_parallel

_PAGE = 50
"""The most that Lambda lists at once, whatever is asked for: API reference, MaxItems."""

_IS_GONE = absence("ResourceNotFoundException")
"""A function or version that was deleted since it was listed."""

LATEST = "$LATEST"


class _Version(NamedTuple):
    function: str
    version: str


_Aliases = Mapping[_Version, Sequence[str]]


class LambdaSource:
    """Lambda of one account in one Region."""

    name = "lambda"

    def __init__(self, place: AwsPlace) -> None:
        self.scope = str(place)
        self._place = place

    def sightings(self) -> Iterator[Sighting]:
        """The image as it was deployed, and the digest that Lambda resolved it to and runs."""
        with in_words("Reading Lambda", self.scope, is_call=False):
            versions = list(self._versions())
            aliases = self._all_aliases(versions)
            images = in_parallel(self._image, versions)
            for version, image in zip(versions, images, strict=True):
                if image is not None:
                    uri, digest = image
                    yield Sighting(uri, _words(version, aliases), digest)

    def _versions(self) -> Iterator[_Version]:
        """$LATEST and every published one; functions from zip archives use no image."""
        functions = self._place.pages(
            "lambda", "list_functions", "Functions", FunctionVersion="ALL", MaxItems=_PAGE
        )
        for entry in functions:
            if entry["PackageType"] == "Image":
                yield _Version(entry["FunctionName"], entry["Version"])

    def _all_aliases(self, versions: Sequence[_Version]) -> _Aliases:
        found: defaultdict[_Version, list[str]] = defaultdict(list)
        functions = dict.fromkeys(version.function for version in versions)
        for aliases in in_parallel(self._aliases, functions):
            for version, alias in aliases:
                found[version].append(alias)
        return found

    def _aliases(self, function: str) -> list[tuple[_Version, str]]:
        aliases = self._place.pages(
            "lambda", "list_aliases", "Aliases", _IS_GONE, FunctionName=function, MaxItems=_PAGE
        )
        return [
            (_Version(function, version), alias["Name"])
            for alias in aliases
            for version in _versions_behind(alias)
        ]

    def _image(self, version: _Version) -> tuple[str, str] | None:
        answer = self._place.find(
            "lambda",
            "get_function",
            _IS_GONE,
            FunctionName=version.function,
            Qualifier=version.version,
        )
        if answer is None:
            return None
        code = answer["Code"]
        return code["ImageUri"], code["ResolvedImageUri"].rpartition("@")[2]


def _versions_behind(alias: Answer) -> set[str]:
    """An alias may divide its calls between two versions."""
    routing = alias.get("RoutingConfig")
    weights = routing and routing.get("AdditionalVersionWeights")
    return {alias["FunctionVersion"], *(weights or ())}


def _words(version: _Version, aliases: _Aliases) -> str:
    number = version.version if version.version == LATEST else f"version {version.version}"
    names = sorted(aliases.get(version, ()))
    called = f" ({'alias' if len(names) == 1 else 'aliases'} {', '.join(names)})" if names else ""
    return f"Lambda {version.function} {number}{called}"
