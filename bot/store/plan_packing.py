"""Packs a plan into bytes. Small and fast for a repository of 20,000 manifests.

Manifests, reasons and layers are referred to by position, so that each is stored once. Only layers
that the deletion frees are stored. Usage is stored with each verdict.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from bot.core.errors import DamagedDataError, ErrorText
from bot.core.judge import JudgedManifest
from bot.core.last_use import MemoryReach
from bot.core.manifest import Blob, Manifest, ManifestKind
from bot.core.plan import Plan
from bot.core.plan_problems import UsageDrop
from bot.core.repository import RegistryId, RepositoryId
from bot.core.savings import Savings
from bot.core.unmatched_tags import NO_UNMATCHED_TAGS, UnmatchedTags
from bot.core.usage import ImageUser, RepositoryUsage, SourceScan, UnscannedRegion
from bot.core.verdict_reasons import LegacyReason, Reason, RuleName, Verdict
from bot.sanitize import quoted
from bot.store.stored_values import from_json, to_json

LEVEL = 3
"""Higher levels hardly make digests smaller."""

T = TypeVar("T")

Place = Annotated[int, msgspec.Meta(ge=0)]
Digest = Place | str
"""The position of a manifest; or a digest that is not in the repository."""


class _ManifestRow(Struct, array_like=True, frozen=True):
    digest: str
    tags: tuple[str, ...]
    names: tuple[str, ...] | None
    """None: equal to `tags`."""
    kind: ManifestKind
    is_index: bool
    pushed_at: datetime | None
    pulled_at: datetime | None
    size_bytes: int
    status: str
    config_type: str | None
    children: tuple[Digest, ...]
    subject: Digest | None
    tag_subjects: tuple[Digest, ...]
    blobs: tuple[Place, ...] | None
    unread: Any
    type_is_known: bool
    verdict: Verdict
    parent: Digest | None
    reasons: tuple[Place, ...]
    used_by: tuple[ImageUser, ...]
    pulled_recently: bool
    artifact_type: str | None = None
    restored_at: datetime | None = None
    """Plans of earlier versions have neither."""


class _ScanWithSentence(Struct, frozen=True):
    """A scan in format 1. Fields of even earlier versions are ignored."""

    source: str
    scope: str
    images: int
    error: str | None = None
    doubt: UsageDrop | None = None

    def as_value(self) -> SourceScan:
        sentence = None if self.error is None else ErrorText(self.error)
        return SourceScan(self.source, self.scope, self.images, self.doubt or sentence)


class _Document(Struct, array_like=True, frozen=True):
    format: Literal[1, 2]
    """2: reasons are values. 1: they are rules with sentences."""
    repository: RepositoryId
    rows: tuple[_ManifestRow, ...]
    reasons: tuple[Any, ...]
    blobs: tuple[Blob, ...]
    delete: tuple[Place, ...]
    savings: Savings
    scans: tuple[Any, ...]
    not_checked: tuple[str, ...]
    deleted_also_in: tuple[RegistryId, ...]
    problems: tuple[Any, ...]
    unscanned_regions: tuple[UnscannedRegion, ...] = ()
    unmatched_tags: UnmatchedTags = NO_UNMATCHED_TAGS
    memory: MemoryReach | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)
"""Created at import: msgspec crashes if two threads create it at the same time."""


def pack(plan: Plan) -> bytes:
    return zlib.compress(msgspec.json.encode(_document(plan)), LEVEL)


def unpack(packed: bytes) -> Plan:
    try:
        document = _DOCUMENT.decode(zlib.decompress(packed))
        return _plan(_with_sentences(document) if document.format == 1 else document)
    except (zlib.error, msgspec.MsgspecError, LookupError, UnicodeError) as error:
        raise DamagedDataError(
            f"A stored plan cannot be read ({quoted(error)}): it is damaged, or a newer ecr-clean "
            "wrote it. Dismiss it and propose a new one"
        ) from error


class _Register(dict[T, int]):
    """Assigns each item a position."""

    def __missing__(self, item: T) -> int:
        self[item] = place = len(self)
        return place


@dataclass(frozen=True, slots=True)
class _Packer:
    places: dict[str, int]
    kept_layers: set[str]
    reasons: _Register[Reason] = field(default_factory=_Register)
    blobs: _Register[Blob] = field(default_factory=_Register)

    def row(self, judged: JudgedManifest) -> _ManifestRow:
        manifest = judged.manifest
        return _ManifestRow(
            digest=manifest.digest,
            tags=manifest.tags,
            names=None if manifest.names == manifest.tags else manifest.names,
            kind=manifest.kind,
            is_index=manifest.is_index,
            pushed_at=manifest.pushed_at,
            pulled_at=manifest.pulled_at,
            size_bytes=manifest.size_bytes,
            status=manifest.status,
            config_type=manifest.config_type,
            children=self._digests(manifest.children),
            subject=self._digest(manifest.subject),
            tag_subjects=self._digests(manifest.tag_subjects),
            blobs=self._freed(judged),
            unread=to_json(manifest.unread),
            type_is_known=manifest.type_is_known,
            verdict=judged.verdict,
            parent=self._digest(judged.parent),
            reasons=tuple([self.reasons[reason] for reason in judged.reasons]),
            used_by=judged.used_by,
            pulled_recently=judged.pulled_recently,
            artifact_type=manifest.artifact_type,
            restored_at=manifest.restored_at,
        )

    def _digest(self, digest: str | None) -> Digest | None:
        return None if digest is None else self.places.get(digest, digest)

    def _digests(self, digests: tuple[str, ...]) -> tuple[Digest, ...]:
        return tuple([self.places.get(digest, digest) for digest in digests])

    def _freed(self, judged: JudgedManifest) -> tuple[Place, ...] | None:
        if judged.manifest.blobs is None:
            return None
        if judged.verdict is Verdict.KEEP:
            return ()
        freed = (blob for blob in judged.manifest.blobs if blob.digest not in self.kept_layers)
        return tuple([self.blobs[blob] for blob in freed])


def _document(plan: Plan) -> _Document:
    packer = _Packer(
        places={judged.manifest.digest: place for place, judged in enumerate(plan.judged)},
        kept_layers={
            blob.digest
            for judged in plan.judged
            if judged.verdict is Verdict.KEEP
            for blob in judged.manifest.blobs or ()
        },
    )
    return _Document(
        format=2,
        repository=plan.repository,
        rows=tuple(map(packer.row, plan.judged)),
        reasons=tuple(map(to_json, packer.reasons)),
        blobs=tuple(packer.blobs),
        delete=tuple([packer.places[digest] for digest in plan.delete]),
        savings=plan.savings,
        scans=tuple(map(to_json, plan.usage.scans)),
        not_checked=plan.usage.not_checked,
        deleted_also_in=plan.deleted_also_in,
        problems=tuple(map(to_json, plan.problems)),
        unscanned_regions=plan.usage.unscanned_regions,
        unmatched_tags=plan.unmatched_tags,
        memory=plan.usage.memory,
    )


@dataclass(frozen=True, slots=True)
class _PlanUnpacker:
    digests: Sequence[str]
    reasons: Sequence[Reason]
    blobs: Sequence[Blob]

    def judged(self, row: _ManifestRow) -> JudgedManifest:
        return JudgedManifest(
            manifest=self._manifest(row),
            verdict=row.verdict,
            parent=self._digest(row.parent),
            reasons=tuple([self.reasons[place] for place in row.reasons]),
            used_by=row.used_by,
            pulled_recently=row.pulled_recently,
        )

    def _manifest(self, row: _ManifestRow) -> Manifest:
        return Manifest(
            digest=row.digest,
            tags=row.tags,
            names=row.tags if row.names is None else row.names,
            kind=row.kind,
            is_index=row.is_index,
            pushed_at=row.pushed_at,
            pulled_at=row.pulled_at,
            size_bytes=row.size_bytes,
            status=row.status,
            config_type=row.config_type,
            children=self._digests(row.children),
            subject=self._digest(row.subject),
            tag_subjects=self._digests(row.tag_subjects),
            blobs=None if row.blobs is None else tuple([self.blobs[b] for b in row.blobs]),
            unread=None if row.unread is None else from_json(row.unread),
            type_is_known=row.type_is_known,
            artifact_type=row.artifact_type,
            restored_at=row.restored_at,
        )

    def _digest(self, digest: Digest | None) -> str | None:
        return self.digests[digest] if isinstance(digest, int) else digest

    def _digests(self, digests: tuple[Digest, ...]) -> tuple[str, ...]:
        return tuple([self.digests[d] if isinstance(d, int) else d for d in digests])


def _with_sentences(document: _Document) -> _Document:
    """Converts format 1 to format 2. Sentences become `LegacyReason` and `ErrorText`."""
    reasons = msgspec.convert(document.reasons, list[tuple[RuleName, str]])
    scans = msgspec.convert(document.scans, list[_ScanWithSentence])
    problems = msgspec.convert(document.problems, list[str])
    return msgspec.structs.replace(
        document,
        rows=tuple(map(_row, document.rows)),
        reasons=tuple(to_json(LegacyReason(*reason)) for reason in reasons),
        scans=tuple(to_json(scan.as_value()) for scan in scans),
        problems=tuple(to_json(ErrorText(problem)) for problem in problems),
    )


def _row(row: _ManifestRow) -> _ManifestRow:
    if row.unread is None:
        return row
    return msgspec.structs.replace(row, unread=to_json(ErrorText(msgspec.convert(row.unread, str))))


def _plan(document: _Document) -> Plan:
    reasons = list(map(from_json, document.reasons))
    unpacker = _PlanUnpacker([row.digest for row in document.rows], reasons, document.blobs)
    return Plan(
        repository=document.repository,
        judged=tuple(map(unpacker.judged, document.rows)),
        delete=tuple([unpacker.digests[place] for place in document.delete]),
        savings=document.savings,
        usage=RepositoryUsage(
            scans=tuple(map(from_json, document.scans)),
            not_checked=document.not_checked,
            unscanned_regions=document.unscanned_regions,
            memory=document.memory,
        ),
        deleted_also_in=document.deleted_also_in,
        problems=tuple(map(from_json, document.problems)),
        unmatched_tags=document.unmatched_tags,
    )
