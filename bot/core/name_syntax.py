"""The syntax of names in AWS and OCI: tags, repositories, clusters, callers, media types.

Refuses patterns that can match no such name, since they would protect nothing.
"""

import string
from contextlib import suppress
from dataclasses import dataclass

from bot.core.errors import PatternError
from bot.core.expression_automata import ExpressionAutomaton, TooLargeError
from bot.core.patterns import check_glob
from bot.core.regular_expressions import RegularExpression, is_regular_expression
from bot.core.text_automata import (
    AutomatonStep,
    CharacterSet,
    GlobAutomaton,
    PatternAutomaton,
    TextAutomaton,
    can_match,
)
from bot.core.text_formatting import quoted_pattern

ABOUT_GLOBS = (
    "* matches any text, ? one character, [a-z] one of a set; for alternatives list several globs"
)

ABOUT_PATTERNS = f"{ABOUT_GLOBS}; /…/ is a regular expression for the whole text"

_START = ""


@dataclass(frozen=True, slots=True)
class NameSyntax:
    """The syntax of one kind of name. `what`: the kind. `longest`: the maximum length."""

    what: str
    automata: tuple[TextAutomaton, ...]
    longest: int

    def check(self, pattern: str) -> str:
        """Returns the pattern. Raises PatternError if it is invalid, or can match no such name."""
        if not is_regular_expression(pattern):
            return self.check_glob(pattern)
        self.check_expression(RegularExpression(pattern), pattern)
        return pattern

    def check_glob(self, glob: str) -> str:
        """As `check`, and refuses regular expressions."""
        if is_regular_expression(glob):
            raise PatternError(
                f"{quoted_pattern(glob)} is written as a regular expression; only globs are "
                "possible here"
            )
        check_glob(glob)
        self._check_automaton(GlobAutomaton.of(glob), glob)
        return glob

    def check_expression(self, expression: RegularExpression, pattern: str) -> None:
        """Raises PatternError if the expression can match no such name, unless it is too large to
        tell. `pattern`: what it was made from, for the error."""
        with suppress(TooLargeError):
            self._check_automaton(ExpressionAutomaton(expression), pattern)

    def _check_automaton(self, automaton: PatternAutomaton, pattern: str) -> None:
        if not any(can_match(automaton, names, self.longest) for names in self.automata):
            every = frozenset().union(*(names.characters for names in self.automata))
            foreign = automaton.unmatched_by("".join(sorted(every)))
            why = f" (none has {quoted_pattern(foreign)})" if foreign else ""
            raise PatternError(f"{quoted_pattern(pattern)} can match no {self.what}{why}")


def is_arn(text: str) -> bool:
    return text.lower().startswith("arn:")


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

CLUSTERS_OR_ARNS = NameSyntax(
    "name or ARN of an EKS cluster", (*CLUSTERS.automata, *CLUSTER_ARNS.automata), 300
)

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
