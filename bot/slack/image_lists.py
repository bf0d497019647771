"""The CSV file with all images that several plans delete."""

import io
from collections.abc import Sequence
from itertools import chain

from bot.core.digests import Digest
from bot.core.errors import ServiceError
from bot.core.plan_choices import ChoiceTotals, FrozenOffer
from bot.core.records import PlanRecord
from bot.render.output import write_rows
from bot.render.plans import CSV_HEADER, deletions_as_rows
from bot.slack.api import SlackError, calling, message_link
from bot.slack.listener_context import SlackContext
from bot.slack.messages.plan_selection import totals_words


def upload_image_list(context: SlackContext, digest: Digest, chosen: FrozenOffer) -> str:
    """Uploads the file to the thread of the posted digest, and returns a link to it. Raises
    ServiceError if that fails: approvers must see all images."""
    assert digest.ts, "only posted digests are used"
    plans = [each.plan for each in chosen.offer.choosable]
    try:
        with calling("Uploading the list of images"):
            uploaded = context.client.files_upload_v2(
                content=_as_csv(context, plans),
                filename=f"ecr-clean-choice-{chosen.selection.id}.csv",
                title=totals_words(ChoiceTotals.of(chosen.offer.choosable)),
                channel=digest.channel,
                thread_ts=digest.ts,
            )
    except SlackError as error:
        raise ServiceError(
            f"{error}. Several plans can only be approved together with this list, so nothing was "
            "approved. Then choose again, or open the reports and approve them one by one"
        ) from error
    file = uploaded.get("file") or {}
    thread = message_link(context.url, digest.channel, digest.ts)
    return str(file.get("permalink") or thread)


def _as_csv(context: SlackContext, plans: Sequence[PlanRecord]) -> bytes:
    contents = (context.store.content(plan.id, plan.version) for plan in plans)
    text = io.StringIO()
    write_rows(chain([CSV_HEADER], chain.from_iterable(map(deletions_as_rows, contents))), text)
    return text.getvalue().encode()
