"""Finite automata of regular expressions, as by Thompson, to find those that can match no name."""

import re
import string
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from bot.core.regular_expressions import RegularExpression, tokens

_CHARACTERS = string.ascii_letters + string.digits + string.punctuation
"""Those of all names."""

_ANCHORS = frozenset({"^", "$", r"\A", r"\z", r"\b", r"\B"})

_QUANTIFIER = re.compile(r"[*+?]\??|\{(?P<least>\d+)(?P<comma>,?)(?P<most>\d*)\}\??")

_ESCAPED_SIGN = re.compile(r"\\\W")

_MOST_STATES = 20_000

_DEEPEST = 100
"""Groups in groups."""


class TooLargeError(Exception):
    """The regular expression needs too many states, or has too many groups in groups."""


@dataclass(frozen=True, slots=True)
class _Character:
    """One of these characters. `token`: as in the expression."""

    token: str
    characters: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: "Sequence[_Part]"


@dataclass(frozen=True, slots=True)
class _Alternatives:
    ways: Sequence[_Sequence]


@dataclass(frozen=True, slots=True)
class _Repeated:
    """`most` None: any number of times."""

    part: "_Part"
    least: int
    most: int | None


_Part: TypeAlias = _Character | _Sequence | _Alternatives | _Repeated


class ExpressionAutomaton:
    """The texts that the expression matches. Its anchors match everywhere, so they may be more.

    Raises TooLargeError.
    """

    def __init__(self, expression: RegularExpression) -> None:
        self._characters: list[_Character] = []
        self._empty: list[list[int]] = []
        self._steps: list[tuple[frozenset[str], int] | None] = []
        start = self._new_state()
        self._end = self._add(_parsed(expression.pattern), start)
        self._starts = self._reached_from(start)

    def starts(self) -> Iterable[int]:
        return self._starts

    def after(self, place: int, characters: str) -> Iterable[int]:
        step = self._steps[place]
        if step is None or step[0].isdisjoint(characters):
            return ()
        return self._reached_from(step[1])

    def is_end(self, place: int) -> bool:
        return place == self._end

    def unmatched_by(self, characters: str) -> str | None:
        parts = self._characters
        return next(
            (_unescaped(p.token) for p in parts if p.characters.isdisjoint(characters)), None
        )

    def _new_state(self) -> int:
        if len(self._steps) >= _MOST_STATES:
            raise TooLargeError
        self._empty.append([])
        self._steps.append(None)
        return len(self._steps) - 1

    def _add(self, part: _Part, start: int) -> int:
        """Adds the states of the part; returns its last."""
        if isinstance(part, _Repeated):
            return self._add_repeated(part, start)
        if isinstance(part, _Alternatives):
            return self._joined([self._add(way, self._after_nothing(start)) for way in part.ways])
        if isinstance(part, _Sequence):
            for each in part.parts:
                start = self._add(each, start)
            return start
        self._characters.append(part)
        end = self._new_state()
        self._steps[start] = (part.characters, end)
        return end

    def _add_repeated(self, repeated: _Repeated, start: int) -> int:
        for _ in range(repeated.least):
            start = self._add(repeated.part, start)
        if repeated.most is None:
            loop = self._after_nothing(start)
            self._empty[self._add(repeated.part, self._after_nothing(loop))].append(loop)
            return self._after_nothing(loop)
        ends = [start]
        for _ in range(repeated.most - repeated.least):
            ends.append(self._add(repeated.part, self._after_nothing(ends[-1])))
        return self._joined(ends)

    def _after_nothing(self, state: int) -> int:
        """A new state that the state reaches without a character."""
        return self._joined([state])

    def _joined(self, states: Iterable[int]) -> int:
        end = self._new_state()
        for state in states:
            self._empty[state].append(end)
        return end

    def _reached_from(self, state: int) -> set[int]:
        """The state, and those that it reaches without a character."""
        reached, left = {state}, [state]
        while left:
            new = set(self._empty[left.pop()]) - reached
            reached |= new
            left += new
        return reached


def _parsed(pattern: str) -> _Part:
    texts = deque(token.text for token in tokens(pattern))
    return _alternatives(texts, depth=0)


def _alternatives(texts: deque[str], depth: int) -> _Alternatives:
    """Takes the texts up to the end of the group."""
    if depth > _DEEPEST:
        raise TooLargeError
    ways: list[list[_Part]] = [[]]
    while texts and (text := texts.popleft()) != ")":
        way = ways[-1]
        if text == "|":
            ways.append([])
        elif text.startswith("("):
            way.append(_alternatives(texts, depth + 1))
        elif way and (quantifier := _QUANTIFIER.fullmatch(text)):
            way.append(_repeated(way.pop(), quantifier))
        elif text not in _ANCHORS:
            way += map(_character, _unquoted(text))
    return _Alternatives([_Sequence(way) for way in ways])


def _repeated(part: _Part, quantifier: re.Match[str]) -> _Repeated:
    sign = quantifier[0][0]
    if sign != "{":
        return _Repeated(part, 1 if sign == "+" else 0, 1 if sign == "?" else None)
    least = int(quantifier["least"])
    if not quantifier["comma"]:
        return _Repeated(part, least, least)
    return _Repeated(part, least, int(quantifier["most"]) if quantifier["most"] else None)


def _unquoted(text: str) -> Sequence[str]:
    r"""The escaped characters of `\Q…\E`; any other token as it is."""
    if not text.startswith(r"\Q"):
        return [text]
    return [f"\\x{{{ord(each):x}}}" for each in text[2:].removesuffix(r"\E")]


def _unescaped(token: str) -> str:
    return token[1:] if _ESCAPED_SIGN.fullmatch(token) else token


@lru_cache(maxsize=4096)
def _character(token: str) -> _Character:
    matches = RegularExpression(f"/{token}/").match
    return _Character(token, frozenset(filter(matches, _CHARACTERS)))
