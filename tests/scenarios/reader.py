"""Reads a case: a repository in a few lines, and the expected plan.

A case is a YAML file. Only `why` and `repository` are required:

    why: one sentence
    now: 2026-11-23T12:00:00Z
    policy: as in the settings, with their defaults; null: no policy for the repository
    pins: [{pin: TAG | GLOB | "sha256:{NAME}", until: 30d | 30d ago}]
    usage: {digests: {NAME: [user]}, tags: {TAG: [user]}, scans: [{source, error}]}
    seen: [NAME]             # subjects that were in this repository earlier
    layers_stay_within: true
    repository:
      - name: NAME           # default: its first tag
        tags: [TAG, "sha256-{NAME}.sig"]
        pushed: 40d          # ago, or a time; null: unknown
        pulled: 3d           # ago
        restored: 2d         # from the archive, ago
        index: [NAME]        # the children; a name without a row is gone
        subject: NAME
        artifact: CONFIG_TYPE
        artifact_type: TYPE  # of an OCI 1.1 manifest or index
        type: MEDIA_TYPE
        status: ARCHIVED
        unreadable: WHY
        config: 1            # bytes
        layers: {LAYER: BYTES}
        size: BYTES          # as ECR lists it; default: of its blobs or its largest child
        # the expected result; the last three are optional
        verdict: keep RULE… | delete RULE… (without rules only the verdict is compared)
        marked: true         # a deletion of a recently pulled image
        parent: NAME | null
        kind: KIND
        used_by: [user]
    then: {complete: true, exact: true, freed: BYTES, listed: BYTES, order: [NAME],
           unmatched: {count, examples}}

The first row has the lowest digest.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.core.errors import ErrorText
from bot.core.judge import JudgedManifest
from bot.core.last_use import LastUse, MemoryReach
from bot.core.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    Blob,
    DescribedImage,
    Manifest,
    ManifestContent,
    ManifestReadFailure,
    make_manifest,
)
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.plan import Plan, make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.repository import RegistryId, RepositoryId
from bot.core.rules.newest import NewestRule
from bot.core.rules.pulled_within import PulledWithinRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.tag_groups import Grouping, GroupPattern
from bot.core.rules.tags import TagsRule
from bot.core.rules.used_within import UsedWithinRule
from bot.core.savings import SavingsTerms
from bot.core.text_formatting import parse_duration
from bot.core.usage import RepositoryUsage, SourceScan
from bot.settings.keep_rules import SemverSection

Row = dict[str, Any]

FOLDER = Path(__file__).parent
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
REPOSITORY = RepositoryId(RegistryId("123456789012", "eu-west-1"), "team/api", "host/team/api")

CASE_KEYS = {"why", "now", "policy", "pins", "usage", "seen", "layers_stay_within"}
CASE_KEYS |= {"repository", "remembered", "then"}
ROW_KEYS = {
    "name",
    "tags",
    "pushed",
    "pulled",
    "used",
    "index",
    "subject",
    "artifact",
    "type",
    "status",
}
ROW_KEYS |= {"restored", "unreadable", "config", "layers", "size", "artifact_type"}
ROW_KEYS |= {"verdict", "marked", "parent", "kind", "used_by"}
DEFAULT_POLICY: Row = {
    "min_age": "24h",
    "artifact_types": [],
    "keep": [
        {"tags": ["*latest*"]},
        {"newest": 5, "tags": ["*SNAPSHOT*"]},
        {"newest": 10, "except_tags": ["*SNAPSHOT*", "*latest*"]},
    ],
}


class Digests(dict[str, str]):
    """The hex digits of each name's digest, assigned at the first access."""

    def __missing__(self, name: str) -> str:
        self[name] = f"{len(self) + 1:03x}".ljust(64, "0")
        return self[name]

    def of(self, name: str) -> str:
        return f"sha256:{self[name]}"

    def fill_in(self, text: str) -> str:
        """`{name}` becomes the hex of its digest."""
        return re.sub(r"\{(.+?)\}", lambda found: self[found[1]], text)


@dataclass(frozen=True)
class Case:
    data: Row
    digests: Digests

    @cached_property
    def now(self) -> datetime:
        return _utc(self.data.get("now", NOON))

    @property
    def rows(self) -> list[Row]:
        rows: list[Row] = self.data["repository"]
        return rows

    @property
    def then(self) -> Row:
        then: Row = self.data.get("then", {})
        return then

    @cached_property
    def manifests(self) -> list[Manifest]:
        return [self._manifest(row) for row in self.rows]

    @cached_property
    def inputs(self) -> PlanInputs:
        return PlanInputs(
            policy=read_policy(self.data.get("policy", {})),
            now=self.now,
            usage=self._usage(),
            pins=tuple(self._pins()),
            subjects_seen=frozenset(map(self.digests.of, self.data.get("seen", []))),
        )

    @cached_property
    def plan(self) -> Plan:
        terms = SavingsTerms(0.10, layers_stay_within=self.data.get("layers_stay_within", True))
        return make_plan(REPOSITORY, self.manifests, self.inputs, terms)

    @cached_property
    def by_name(self) -> Mapping[str, JudgedManifest]:
        judged = {j.manifest.digest: j for j in self.plan.judged}
        return {row["name"]: judged[self.digests.of(row["name"])] for row in self.rows}

    def name_of(self, digest: str | None) -> str | None:
        return next((name for name in self.digests if self.digests.of(name) == digest), None)

    def _manifest(self, row: Row) -> Manifest:
        blobs = tuple(self._blobs(row))
        media_type = row.get("type", OCI_INDEX if "index" in row else OCI_MANIFEST)
        config_type = None
        if "index" not in row and "type" not in row:
            config_type = row.get("artifact", IMAGE_CONFIG)
        subject = self.digests.of(row["subject"]) if "subject" in row else None
        content: ManifestContent | ManifestReadFailure
        if "unreadable" in row:
            content = ManifestReadFailure(ErrorText(row["unreadable"]))
        else:
            children = tuple(map(self.digests.of, row.get("index", ())))
            held = () if children else blobs
            artifact_type = row.get("artifact_type")
            content = ManifestContent(
                media_type, config_type, held, children, subject, artifact_type
            )
        described = DescribedImage(
            digest=self.digests.of(row["name"]),
            tags=tuple(map(self.digests.fill_in, row.get("tags", ()))),
            pushed_at=self._ago(row.get("pushed", "40d")),
            pulled_at=self._ago(row.get("pulled")),
            size_bytes=self._size(row),
            status=row.get("status", "ACTIVE"),
            media_type=media_type,
            config_type=config_type,
            subject=subject,
            restored_at=self._ago(row.get("restored")),
        )
        return make_manifest(described, content)

    def _size(self, row: Row) -> int:
        """As ECR lists it: an index has the size of its largest child."""
        children = (child for child in self.rows if child["name"] in row.get("index", ()))
        largest = max(
            (sum(blob.size for blob in self._blobs(child)) for child in children), default=0
        )
        size: int = row.get("size", largest + sum(blob.size for blob in self._blobs(row)))
        return size

    def _blobs(self, row: Row) -> Iterator[Blob]:
        yield Blob(self.digests.of(f"the config of {row['name']}"), row.get("config", 0))
        for layer, size in row.get("layers", {}).items():
            yield Blob(self.digests.of(f"the layer {layer}"), size)

    def _ago(self, when: str | datetime | None) -> datetime | None:
        if isinstance(when, datetime):
            return _utc(when)
        return None if when is None else self.now - parse_duration(when)

    def _pins(self) -> Iterator[Pin]:
        for entry in self.data.get("pins", ()):
            until = None
            if "until" in entry:
                duration, _, ago = entry["until"].partition(" ")
                until = self.now + parse_duration(duration) * (-1 if ago else 1)
            yield Pin(self.digests.fill_in(entry["pin"]), "ann", "the big customer", until)

    def _usage(self) -> RepositoryUsage:
        usage = self.data.get("usage", {})
        return RepositoryUsage(
            by_digest={self.digests.of(n): tuple(u) for n, u in usage.get("digests", {}).items()},
            by_tag={tag: tuple(users) for tag, users in usage.get("tags", {}).items()},
            scans=tuple(
                SourceScan(scan["source"], "everywhere", 0, ErrorText(scan["error"]))
                for scan in usage.get("scans", ())
            ),
            last_uses={
                self.digests.of(row["name"]): LastUse(used, ("a nightly job",))
                for row in self.rows
                if (used := self._ago(row.get("used")))
            },
            memory=MemoryReach(self._ago(self.data.get("remembered")), timedelta(days=30)),
        )


def read_case(path: Path) -> Case:
    data: Row = YAML(typ="safe").load(path)
    digests = Digests()
    _refuse_unknown(data, CASE_KEYS)
    for row in data["repository"]:
        _refuse_unknown(row, ROW_KEYS)
        assert all(isinstance(tag, str) for tag in row.get("tags", ())), f"quote a tag of {row}"
        name = row.setdefault("name", next(iter(row.get("tags", ())), None))
        assert name, f"{row} needs a name"
        assert name not in digests, f"{name} has two rows"
        digests[name]
    return Case(data, digests)


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _refuse_unknown(found: Row, allowed: set[str]) -> None:
    assert found.keys() <= allowed, f"unknown keys: {found.keys() - allowed}"


def read_policy(entry: Row | None) -> Policy | None:
    if entry is None:
        return None
    entry = DEFAULT_POLICY | entry
    return Policy(
        min_age=parse_duration(entry["min_age"]),
        artifact_types=Patterns.of(*entry["artifact_types"]),
        keep=tuple(map(read_rule, entry["keep"])),
    )


def read_grouping(entry: Row) -> Grouping | None:
    if "per" not in entry:
        return None
    within = parse_duration(entry["active_within"]) if "active_within" in entry else None
    return Grouping(GroupPattern(entry["per"]), within)


def read_rule(entry: Row) -> Rule:
    tags = Patterns.of(*entry["tags"]) if "tags" in entry else None
    which = TagFilter(tags, Patterns.of(*entry.get("except_tags", ())))
    if "newest" in entry:
        return NewestRule(entry["newest"], which, read_grouping(entry))
    if "semver" in entry:
        return SemverSection.model_validate(entry["semver"]).rule(which)
    if "pushed_within" in entry:
        return PushedWithinRule(parse_duration(entry["pushed_within"]), which)
    if "pulled_within" in entry:
        return PulledWithinRule(parse_duration(entry["pulled_within"]), which)
    if "used_within" in entry:
        return UsedWithinRule(parse_duration(entry["used_within"]), which)
    return TagsRule(which)
