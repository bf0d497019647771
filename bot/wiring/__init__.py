"""Builds every client, on call. The only room that knows all but the playground."""

from bot.wiring.authority import open_authority
from bot.wiring.clients import (
    identify,
    open_named_registries,
    open_planner,
    open_registries,
    own_place,
    system_clock,
)
from bot.wiring.deleting import find_registry, open_deleter
from bot.wiring.duties import Principal, deleting_duties, duties
from bot.wiring.execution import open_executor
from bot.wiring.kubernetes import cluster_role
from bot.wiring.leaving import Leaving, leaving_on_signals
from bot.wiring.memory import (
    Memory,
    find_store,
    memory_of,
    open_memory,
    open_store,
)
from bot.wiring.people import (
    command_line_person,
    open_decisions,
    open_pins,
    open_proposer,
)
from bot.wiring.processes import is_gone, this_worker
from bot.wiring.scheduling import open_run_due, open_survey
from bot.wiring.slack import (
    Workspace,
    app_token,
    is_in_slack,
    open_client,
    open_hasty_client,
    open_home,
    open_people,
    open_plan_messages,
    open_warner,
    open_workspace,
    signing_secret,
)
from bot.wiring.slack_checks import open_slack_checks
from bot.wiring.slack_context import has_slack_tokens, open_slack_connection, open_slack_context
from bot.wiring.sources import Seen, UsageSources, open_sources

__all__ = [
    "Leaving",
    "Memory",
    "Principal",
    "Seen",
    "UsageSources",
    "Workspace",
    "app_token",
    "cluster_role",
    "command_line_person",
    "deleting_duties",
    "duties",
    "find_registry",
    "find_store",
    "has_slack_tokens",
    "identify",
    "is_gone",
    "is_in_slack",
    "leaving_on_signals",
    "memory_of",
    "open_authority",
    "open_client",
    "open_decisions",
    "open_deleter",
    "open_executor",
    "open_hasty_client",
    "open_home",
    "open_memory",
    "open_named_registries",
    "open_people",
    "open_pins",
    "open_plan_messages",
    "open_planner",
    "open_proposer",
    "open_registries",
    "open_run_due",
    "open_slack_checks",
    "open_slack_connection",
    "open_slack_context",
    "open_sources",
    "open_store",
    "open_survey",
    "open_warner",
    "open_workspace",
    "own_place",
    "signing_secret",
    "system_clock",
    "this_worker",
]
