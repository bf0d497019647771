"""Finite automata of names and of globs, and whether a pattern can match any name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from bot.core.patterns import Patterns, elements, is_star

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


class PatternAutomaton(Protocol):
    """The texts that a pattern matches. Its places are numbers."""

    def starts(self) -> Iterable[int]:
        """The places before the first character."""

    def after(self, place: int, characters: str) -> Iterable[int]:
        """The places after the place and one of the characters."""

    def is_end(self, place: int) -> bool:
        """Whether the pattern matches what led here."""

    def unmatched_by(self, characters: str) -> str | None:
        """The first part of the pattern that matches none of the characters."""


def can_match(pattern: PatternAutomaton, names: TextAutomaton, longest: int) -> bool:
    """Whether a name matches the pattern, of at most `longest` characters.

    Walks through both together, character by character, and visits each pair of places once.
    """
    edge = {(place, _START) for place in pattern.starts()}
    reached = set(edge)
    for _ in range(longest + 1):
        if any(pattern.is_end(place) and state in names.ends for place, state in edge):
            return True
        edge = {
            (following, step.state)
            for place, state in edge
            for step in names.steps[state]
            for following in pattern.after(place, step.characters)
        }
        edge -= reached
        reached |= edge
    return False


@dataclass(frozen=True, slots=True)
class GlobAutomaton:
    """`parts`: the elements of the glob. A place is the number of parts before it."""

    parts: Sequence[str]

    @classmethod
    def of(cls, glob: str) -> "GlobAutomaton":
        return cls(elements(glob))

    def starts(self) -> Iterator[int]:
        return self._past_stars(0)

    def after(self, place: int, characters: str) -> Iterator[int]:
        if place < len(self.parts) and _fits(self.parts[place], characters):
            yield from self._past_stars(place if is_star(self.parts[place]) else place + 1)

    def is_end(self, place: int) -> bool:
        return place == len(self.parts)

    def unmatched_by(self, characters: str) -> str | None:
        return next((part for part in self.parts if not _fits(part, characters)), None)

    def _past_stars(self, place: int) -> Iterator[int]:
        """Also the place after a star, since `*` matches the empty text."""
        yield place
        if place < len(self.parts) and is_star(self.parts[place]):
            yield place + 1


@lru_cache(maxsize=4096)
def _fits(part: str, characters: str) -> bool:
    return Patterns.of(part).match_any(characters)
