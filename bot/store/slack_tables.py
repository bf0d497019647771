"""The database tables for Slack: what was posted there, asked for and delivered."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.table_base import TableBase
from bot.store.tables import PlanRow


class PlanMessageRow(TableBase):
    __tablename__ = "messages"

    channel: Mapped[str] = mapped_column(primary_key=True)
    ts: Mapped[str] = mapped_column(primary_key=True)
    thread: Mapped[str | None]
    plan: Mapped[str] = mapped_column(ForeignKey(PlanRow.id), index=True)
    shown_revision: Mapped[int | None]
    shown_at: Mapped[datetime | None]
    listed_version: Mapped[int | None]
    updates: Mapped[int] = mapped_column(server_default="0")


class SlackDeliveryRow(TableBase):
    """An event or action that Slack delivered. `id`: from Slack."""

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class HomeTabRow(TableBase):
    """A user who opened the Home tab. `shown_event`: the last audit event that the tab shows."""

    __tablename__ = "homes"

    user: Mapped[str] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime]
    shown_at: Mapped[datetime | None]
    shown_event: Mapped[int | None] = mapped_column(BigInteger)


class ApprovalRequestRow(TableBase):
    """A user without the permission to approve asked the approvers for their approval."""

    __tablename__ = "approval_requests"

    plan: Mapped[str] = mapped_column(ForeignKey(PlanRow.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class PauseAnnouncementRow(TableBase):
    """A channel in which a pause was announced. The row is deleted when its end is announced."""

    __tablename__ = "pause_announcements"

    channel: Mapped[str] = mapped_column(primary_key=True)
    paused_at: Mapped[datetime]


class DigestRow(TableBase):
    """The message about all reports of a round. `ts` None: not posted yet. `shown`: the state of
    the round that the message shows. `has_list`: a CSV file is in its thread."""

    __tablename__ = "digests"
    __table_args__ = (Index(None, "entry", "local", unique=True),)

    id: Mapped[str] = mapped_column(primary_key=True)
    entry: Mapped[str]
    local: Mapped[str]
    channel: Mapped[str] = mapped_column(index=True)
    made_at: Mapped[datetime]
    ts: Mapped[str | None]
    shown: Mapped[str | None]
    shown_at: Mapped[datetime | None]
    has_list: Mapped[bool] = mapped_column(server_default=false())


class PlanSelectionRow(TableBase):
    """The plans of a digest that a user may approve together, as the modal showed them.
    `submitted_at` None: not approved yet."""

    __tablename__ = "plan_selections"

    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey(DigestRow.id))
    user: Mapped[str]
    made_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]


class SelectedPlanRow(TableBase):
    """`version`: the one that the user saw. `is_approved`: the user approved it."""

    __tablename__ = "selected_plans"

    selection: Mapped[str] = mapped_column(ForeignKey(PlanSelectionRow.id), primary_key=True)
    plan: Mapped[str] = mapped_column(ForeignKey(PlanRow.id), primary_key=True)
    version: Mapped[int]
    is_approved: Mapped[bool] = mapped_column(server_default=false())


class RefusedBlockRow(TableBase):
    """A kind of block that a workspace refused. `kind`: the block's `type`."""

    __tablename__ = "refused_blocks"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    refused_at: Mapped[datetime]
