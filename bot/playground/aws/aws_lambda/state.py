"""The Lambda functions of an account and Region, and changes that tests make."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict, Unpack

from bot.playground.aws.account_regions import AccountRegion, locked
from bot.playground.aws.entry_cache import CachedEntity
from bot.playground.aws.option_checks import reject_unknown_options

LATEST = "$LATEST"


@dataclass(frozen=True, eq=False)
class FunctionVersion(CachedEntity):
    """An immutable version of a function. Without `image` it is a Zip file."""

    function: str
    arn: str
    version: str
    image: str | None
    resolved_image: str | None
    modified_at: datetime
    role_arn: str

    @property
    def qualified_arn(self) -> str:
        return f"{self.arn}:{self.version}"


@dataclass(frozen=True, eq=False)
class FunctionAlias(CachedEntity):
    """An alias. `weights`: the shares of calls that other versions receive."""

    name: str
    arn: str
    version: str
    weights: Mapping[str, float]


@dataclass(eq=False)
class LambdaFunction:
    """A function. `versions`: by number, including `$LATEST`."""

    name: str
    arn: str
    versions: dict[str, FunctionVersion] = field(default_factory=dict)
    aliases: dict[str, FunctionAlias] = field(default_factory=dict)
    published: int = 0

    @property
    def latest(self) -> FunctionVersion:
        return self.versions[LATEST]


class FunctionImageOptions(TypedDict, total=False):
    """`digest`: the digest of an image that is not in the stand-in's registries."""

    digest: str | None
    at: datetime | None


class LambdaState:
    """Functions by name. Lambda stores the digest of an image when the function is updated."""

    def __init__(self, location: AccountRegion) -> None:
        self.location = location
        self.functions: dict[str, LambdaFunction] = {}

    def function(self, name: str) -> LambdaFunction:
        """An existing function; raises KeyError."""
        return self.functions[name]

    @locked
    def create(
        self, name: str, image: str | None = None, **options: Unpack[FunctionImageOptions]
    ) -> LambdaFunction:
        """Creates a function from an image, or without `image` from a Zip file."""
        reject_unknown_options(options, FunctionImageOptions)
        if name in self.functions:
            raise ValueError(f"function {name} already exists")
        function = LambdaFunction(name, self.location.arn("lambda", f"function:{name}"))
        self.functions[name] = function
        self._set_code(function, image, options)
        return function

    @locked
    def update(
        self, name: str, image: str | None, **options: Unpack[FunctionImageOptions]
    ) -> FunctionVersion:
        """Sets another image for `$LATEST`."""
        reject_unknown_options(options, FunctionImageOptions)
        return self._set_code(self.function(name), image, options)

    @locked
    def publish(
        self, name: str, image: str | None = None, **options: Unpack[FunctionImageOptions]
    ) -> FunctionVersion:
        """Publishes `$LATEST` as the next version, with a new image if given."""
        reject_unknown_options(options, FunctionImageOptions)
        function = self.function(name)
        if image is not None:
            self._set_code(function, image, options)
        function.published += 1
        version = replace(
            function.latest,
            version=str(function.published),
            modified_at=options.get("at") or self.location.now,
        )
        function.versions[version.version] = version
        return version

    @locked
    def unpublish(self, name: str, version: str) -> None:
        """Deletes a published version. Its number is not used again."""
        del self.function(name).versions[version]

    @locked
    def alias(
        self,
        name: str,
        alias: str,
        version: str,
        *,
        weights: Mapping[str, float] | None = None,
    ) -> FunctionAlias:
        """Creates or moves an alias."""
        function = self.function(name)
        missing = {version, *(weights or {})} - function.versions.keys()
        if missing:
            raise ValueError(f"{name} has no version {', '.join(sorted(missing))}")
        pointed = FunctionAlias(alias, f"{function.arn}:{alias}", version, dict(weights or {}))
        function.aliases[alias] = pointed
        return pointed

    def _set_code(
        self, function: LambdaFunction, image: str | None, options: FunctionImageOptions
    ) -> FunctionVersion:
        code = FunctionVersion(
            function=function.name,
            arn=function.arn,
            version=LATEST,
            image=image,
            resolved_image=(
                self.location.resolved_image(image, options.get("digest")) if image else None
            ),
            modified_at=options.get("at") or self.location.now,
            role_arn=self.location.role_arn(f"lambda-{function.name}"),
        )
        function.versions[LATEST] = code
        return code
