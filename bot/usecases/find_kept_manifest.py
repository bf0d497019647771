"""What was in a manifest that is gone."""

from typing import TYPE_CHECKING

from bot.core.errors import RequestError
from bot.core.naming import is_called
from bot.core.records import KeptManifest, PlanRecord
from bot.core.words import first_few

if TYPE_CHECKING:
    from bot.store.store import Store


def find_kept_manifest(store: "Store", plan: PlanRecord, reference: str) -> KeptManifest:
    """`reference`: a tag that it had, its digest, or the beginning of that. Raises RequestError if
    the plan was to delete no such manifest, or none that was kept."""
    items = store.items(plan.id, plan.version)
    found = [item for item in items if is_called(reference, item.digest, item.tags)]
    if not found:
        raise RequestError(
            f"The plan {plan.id} deletes nothing that is called {reference}: "
            f"ecr-clean show {plan.id} --format csv lists all that it does"
        )
    if len(found) > 1:
        digests = first_few([item.digest for item in found])
        raise RequestError(f"{reference} may be any of {digests}: give more of the digest")
    kept = store.kept_manifest(plan.repository.uri, found[0].digest)
    if kept is None:
        raise RequestError(
            f"Nothing was kept of {found[0].digest}: its outcome is {found[0].outcome}, and only "
            "what is about to be deleted is kept"
        )
    return kept
