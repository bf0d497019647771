"""The syntax of names in AWS and OCI: tags, repositories, clusters, callers, media types.

Refuses globs that can match no such name, since they would protect nothing.
"""

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from bot.core.patterns import (
    PatternError,
    Patterns,
    elements,
    is_regular_expression,
    is_star,
    shortened,
)

ONLY_GLOBS = (
    "* matches any text, ? one character, [a-z] one of a set; for alternatives list several "
    "globs; regular expressions (/…/) are not supported yet"
)

_START = ""


class CharacterSet(NamedTuple):
    """One of these characters; with `repeats`, one or more of them."""

    characters: str
    repeats: bool = False


class AutomatonStep(NamedTuple):
    """Any of these characters leads to the state."""

    characters: str
    state: str


@dataclass(frozen=True, slots=True)
class TextAutomaton:
    """A finite automaton that accepts the texts of one form. It starts in the state `""`."""

    steps: Mapping[str, Sequence[AutomatonStep]]
    ends: frozenset[str]

    @classmethod
    def chain(cls, *parts: CharacterSet, rest: str = "") -> "TextAutomaton":
        """Accepts the parts in this order, then any number of characters of `rest`."""
        steps: dict[str, list[AutomatonStep]] = {_START: []}
        state = _START
        for characters, repeats in parts:
            before, state = state, str(len(steps))
            step = AutomatonStep(characters, state)
            steps[before].append(step)
            steps[state] = [step] if repeats else []
        steps[state].append(AutomatonStep(rest, state))
        return cls(steps, frozenset({state}))

    @property
    def characters(self) -> frozenset[str]:
        every = (step.characters for steps in self.steps.values() for step in steps)
        return frozenset("".join(every))


@dataclass(frozen=True, slots=True)
class NameSyntax:
    """The syntax of one kind of name. `what`: the kind. `longest`: the maximum length."""

    what: str
    automata: tuple[TextAutomaton, ...]
    longest: int

    def check(self, glob: str) -> str:
        """Returns the glob. Raises PatternError if it is invalid, or can match no such name."""
        Patterns.of(glob)
        if not self._can_match(glob):
            raise PatternError(f"{shortened(glob)} can match no {self.what}{self._why(glob)}")
        return glob

    def _can_match(self, glob: str) -> bool:
        parts = elements(glob)
        if sum(not is_star(part) for part in parts) > self.longest:
            return False
        return any(_can_match_any(parts, automaton, self.longest) for automaton in self.automata)

    def _why(self, glob: str) -> str:
        if is_regular_expression(glob):
            return " (it is written as a regular expression)"
        legal = "".join(
            sorted(frozenset().union(*(automaton.characters for automaton in self.automata)))
        )
        foreign = next((part for part in elements(glob) if not _fits(part, legal)), None)
        return f" (none has {shortened(foreign)})" if foreign else ""


def is_arn(text: str) -> bool:
    return text.lower().startswith("arn:")


def _can_match_any(parts: Sequence[str], automaton: TextAutomaton, longest: int) -> bool:
    """Whether the automaton accepts a text that matches the glob, of at most `longest` characters.

    Walks through both together, character by character, and visits each pair of places once.
    """
    edge = set(_past_stars(parts, 0, _START))
    reached = set(edge)
    for _ in range(longest + 1):
        if any(place == len(parts) and state in automaton.ends for place, state in edge):
            return True
        edge = {after for place, state in edge for after in _after(parts, automaton, place, state)}
        edge -= reached
        reached |= edge
    return False


def _after(
    parts: Sequence[str], automaton: TextAutomaton, place: int, state: str
) -> Iterator[tuple[int, str]]:
    """The pairs of places after one more character."""
    if place == len(parts):
        return
    part = parts[place]
    for characters, following in automaton.steps[state]:
        if _fits(part, characters):
            yield from _past_stars(parts, place if is_star(part) else place + 1, following)


def _past_stars(parts: Sequence[str], place: int, state: str) -> Iterator[tuple[int, str]]:
    """Also the place after a star, since `*` matches the empty text."""
    yield place, state
    if place < len(parts) and is_star(parts[place]):
        yield place + 1, state


@lru_cache(maxsize=4096)
def _fits(part: str, characters: str) -> bool:
    return Patterns.of(part).match_any(characters)


def _text(text: str) -> tuple[CharacterSet, ...]:
    return tuple(map(CharacterSet, text))


def _some(characters: str) -> CharacterSet:
    return CharacterSet(characters, repeats=True)


_LOWER = string.ascii_lowercase + string.digits
_ALNUM = string.ascii_letters + string.digits
_WORD = _ALNUM + "_"
_NAMES = _WORD + "+=,.@-"
_PATHS = _ALNUM + string.punctuation

_ARN = (*_text("arn:"), _some(string.ascii_lowercase + "-"), *_text(":"))
_ACCOUNT = (CharacterSet(string.digits),) * 12
_IAM = (*_ARN, *_text("iam::"), *_ACCOUNT, *_text(":"))
_STS = (*_ARN, *_text("sts::"), *_ACCOUNT, *_text(":"))

_REPOSITORY = TextAutomaton(
    {
        _START: (AutomatonStep(_LOWER, "word"),),
        "word": (
            AutomatonStep(_LOWER, "word"),
            AutomatonStep("./", "separator"),
            AutomatonStep("_", "underscore"),
            AutomatonStep("-", "dashes"),
        ),
        "separator": (AutomatonStep(_LOWER, "word"),),
        "underscore": (AutomatonStep(_LOWER, "word"), AutomatonStep("_", "separator")),
        "dashes": (AutomatonStep(_LOWER, "word"), AutomatonStep("-", "dashes")),
    },
    frozenset({"word"}),
)
"""A URI has the same syntax as a name, host included."""

TAGS = NameSyntax("tag", (TextAutomaton.chain(CharacterSet(_WORD), rest=_WORD + ".-"),), 300)
"""ECR API reference, PutImage, imageTag; the grammar of distribution/reference allows 128."""

REPOSITORIES = NameSyntax("repository's name or URI", (_REPOSITORY,), 253 + 1 + 256)
"""ECR API reference, CreateRepository, repositoryName: 256 characters. A host name has 253."""

CLUSTERS = NameSyntax(
    "name of an EKS cluster", (TextAutomaton.chain(CharacterSet(_ALNUM), rest=_WORD + "-"),), 100
)
"""EKS API reference, CreateCluster, name."""

CLUSTER_ARNS = NameSyntax(
    "ARN of an EKS cluster",
    (
        TextAutomaton.chain(
            *(*_ARN, *_text("eks:"), _some(_LOWER + "-"), *_text(":"), *_ACCOUNT),
            *(*_text(":cluster/"), CharacterSet(_ALNUM)),
            rest=_WORD + "-",
        ),
    ),
    300,
)
"""Service authorization reference, Amazon EKS, cluster."""

IDENTITY_ARNS = NameSyntax(
    "ARN of a caller",
    (
        TextAutomaton.chain(*_IAM, *_text("root")),
        TextAutomaton.chain(*_IAM, *_text("user/"), _some(_PATHS)),
        TextAutomaton.chain(
            *_STS, *_text("assumed-role/"), _some(_NAMES), *_text("/"), _some(_NAMES)
        ),
        TextAutomaton.chain(*_STS, *_text("federated-user/"), _some(_NAMES)),
    ),
    2048,
)
"""IAM user guide, IAM identifiers; STS API reference, GetCallerIdentity, arnType."""

MEDIA_TYPES = NameSyntax(
    "media type",
    (TextAutomaton.chain(CharacterSet(_ALNUM), rest=_ALNUM + "!#$&-^_.+/"),),
    127 + 1 + 127,
)
"""RFC 6838, section 4.2, which OCI's image-spec demands of config and artifact types."""
