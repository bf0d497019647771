"""Plans repositories for people in Slack."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.aws.ecr import EcrRegistry
from bot.core.authority import SlackPerson
from bot.ports import Progress
from bot.settings import Settings
from bot.store.store import Store
from bot.usecases.check_authority import Authority
from bot.usecases.proposals import Proposal
from bot.usecases.repositories import Found
from bot.wiring import memory_of, open_planner, open_proposer
from bot.worker.shared_looks import SharedLooks


@dataclass(frozen=True, slots=True)
class Drafter:
    """May be used by several threads."""

    settings: Settings
    store: Store
    looks: SharedLooks
    authority: Authority

    def propose(
        self,
        found: Found,
        registries: Sequence[EcrRegistry],
        person: SlackPerson,
        progress: Progress,
    ) -> Proposal:
        """Raises what planning and the store raise."""
        with memory_of(self.store) as memory:
            seen = self.looks.look(found.repository, registries, memory.scans, progress)
            planner = open_planner(self.settings, self.authority, seen, memory, progress)
            return open_proposer(self.settings, self.store, planner, person).propose(found)
