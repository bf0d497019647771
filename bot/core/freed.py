"""What a deletion has freed so far."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain

from bot.core.plan import Plan
from bot.core.reasons import Verdict
from bot.core.savings import unread_bytes


class Freed:
    """Counts bytes while manifests go: a layer is free once the last manifest that held it is gone.

    `plan` is one that was stored: it knows no layers that kept manifests hold. When all that it
    deletes is gone, the bytes are what it promised. An image whose layers are unknown counts with
    the size that ECR lists.
    """

    def __init__(self, plan: Plan, already: Iterable[str] = ()) -> None:
        """`already`: digests that are gone."""
        deleted = [each.manifest for each in plan.judged if each.verdict is Verdict.DELETE]
        self._unread = {manifest.digest: unread_bytes(manifest) for manifest in deleted}
        self._blobs = {manifest.digest: manifest.blobs or () for manifest in deleted}
        held = list(chain.from_iterable(self._blobs.values()))
        self._holders = Counter(blob.digest for blob in held)
        self._sizes = {blob.digest: blob.size for blob in held}
        self.bytes = 0
        for digest in already:
            self.add(digest)

    def add(self, digest: str) -> None:
        """One that is gone now. Each is told once."""
        self.bytes += self._unread.get(digest, 0)
        for blob in self._blobs.get(digest, ()):
            self._holders[blob.digest] -= 1
            if not self._holders[blob.digest]:
                self.bytes += self._sizes[blob.digest]
