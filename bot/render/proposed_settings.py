"""The settings file that `ecr-clean init` prints: YAML with comments for review."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from bot.core.proposed_settings import (
    AccountPart,
    ProposedCluster,
    SettingsProposal,
    UnreadPart,
    UnscannedPullers,
)
from bot.core.repository import ANY_PRINCIPAL
from bot.core.text_formatting import first_few
from bot.render.proposed_policies import policies_section
from bot.render.quantities import count
from bot.render.settings_text import comment, joined, list_lines, value_text


def proposed_file(proposal: SettingsProposal) -> str:
    """The settings, without what they would save."""
    parts = (
        _header(proposal),
        _registries(proposal),
        policies_section(proposal.policies, with_comments=_lifecycle_comments(proposal)),
        _usage(proposal),
        _reports(),
    )
    return joined(chain.from_iterable((*part, "") for part in parts)).removesuffix("\n")


def _header(proposal: SettingsProposal) -> Iterator[str]:
    yield from comment(
        f"Settings for account {proposal.account}, proposed by `ecr-clean init` on "
        f"{proposal.at:%Y-%m-%d} from what it found there. It changed nothing in AWS."
    )
    yield from comment(
        "Read them, change them, and save them as ecr-clean.yml. The end of this file lists what "
        "they would save, and what to check by hand."
    )


def _registries(proposal: SettingsProposal) -> Iterator[str]:
    yield "registries:"
    for each in proposal.registries:
        yield f"  - {value_text({'region': each.region, 'account': each.account})}"
    yield from _could_not_be_read(proposal, AccountPart.REGIONS, indent=2)
    yield from _could_not_be_read(proposal, AccountPart.REPOSITORIES, indent=2)
    yield from comment("Registries of other accounts, each through a role there:", indent=2)
    yield f"  # - {value_text({'region': 'REGION', 'account': 'ACCOUNT', 'role_arn': 'ARN'})}"


def _lifecycle_comments(proposal: SettingsProposal) -> list[str]:
    unread = proposal.unread_part(AccountPart.LIFECYCLE_POLICIES)
    return [unread_words(unread)] if unread else []


def _usage(proposal: SettingsProposal) -> Iterator[str]:
    yield from comment(
        "Where ecr-clean looks for images in use. A source that cannot be read makes plans "
        "incomplete: then nothing is deleted."
    )
    yield "usage:"
    yield from _regions(proposal)
    yield from _clusters(proposal.clusters)
    yield from _could_not_be_read(proposal, AccountPart.CLUSTERS, indent=2)
    yield from _accounts(proposal.pullers, proposal.partition)
    yield from _services(proposal.pullers)
    yield from _could_not_be_read(proposal, AccountPart.REPOSITORY_POLICIES, indent=2)


def _regions(proposal: SettingsProposal) -> Iterator[str]:
    if proposal.workload_regions:
        where = ", ".join(
            f"{each.place.region} ({', '.join(each.sources)})" for each in proposal.workload_regions
        )
        yield from comment(
            f"The Regions of the registries, and other Regions with workloads: {where}.", indent=2
        )
    else:
        yield from comment("[]: the Regions of the registries.", indent=2)
    yield from list_lines("regions", proposal.usage_regions, indent=2)
    yield from _could_not_be_read(proposal, AccountPart.WORKLOADS, indent=2)


def _clusters(clusters: Sequence[ProposedCluster]) -> Iterator[str]:
    if not clusters:
        return
    yield "  kubernetes:"
    yield from comment(
        "Each cluster must let ecr-clean read it: an EKS access entry for its IAM role, bound to "
        "the ClusterRole that `ecr-clean iam-policy --kubernetes` prints. A cluster that runs no "
        "image of these registries can stand under ignore instead.",
        indent=4,
    )
    yield "    clusters:"
    for each in clusters:
        yield f"      - {value_text({'name': each.name, 'eks': each.eks})}"


def _accounts(pullers: UnscannedPullers, partition: str) -> Iterator[str]:
    if not pullers.accounts:
        return
    yield from comment("Decide on each account that may pull. Until then, plans are incomplete:", 2)
    for account, names in pullers.accounts.items():
        who = "any account" if account == ANY_PRINCIPAL else account
        yield from comment(f"{who} may pull {first_few(names)}", 2, "- ")
    named = [account for account in pullers.accounts if account != ANY_PRINCIPAL]
    if named:
        yield from comment("If its workloads use these images, look at them through a role:", 2)
        yield "  # accounts:"
        for account in named:
            role = f"arn:{partition}:iam::{account}:role/ecr-clean"
            yield f"  #   - {value_text({'account': account, 'role_arn': role})}"
    yield from comment("If not:", 2)
    yield from _commented(list_lines("ignore_accounts", list(pullers.accounts), indent=0))


def _services(pullers: UnscannedPullers) -> Iterator[str]:
    if not pullers.services:
        return
    yield from comment(
        "Decide on each service that may pull and that no source looks at. Until then, plans are "
        "incomplete. List the images that it runs in a file of usage.files, and then the service:",
        2,
    )
    for service, names in pullers.services.items():
        who = "any service" if service == ANY_PRINCIPAL else service
        yield from comment(f"{who} may pull {first_few(names)}", 2, "- ")
    yield from _commented(list_lines("ignore_services", list(pullers.services), indent=0))


def _commented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  # {line}" for line in lines)


def _reports() -> Iterator[str]:
    yield from comment("For `ecr-clean serve`: where to report, and who may approve deletions.")
    yield "# reports:"
    yield '#   - {channel: "#registry", schedule: "mon 09:00", time_zone: UTC}'
    yield "# approval:"
    yield '#   approvers: ["@image-approvers"]'


_PARTS: Mapping[AccountPart, str] = {
    AccountPart.REGIONS: "The account's other Regions could not be listed",
    AccountPart.REPOSITORIES: "The repositories of another Region could not be listed",
    AccountPart.LIFECYCLE_POLICIES: (
        "Lifecycle policies could not be read, so there may be some that are not translated here"
    ),
    AccountPart.REPOSITORY_POLICIES: (
        "Repository policies could not be read, so others may pull, too"
    ),
    AccountPart.WORKLOADS: "Other Regions could not be asked for workloads",
    AccountPart.CLUSTERS: "EKS clusters could not be listed, so some may be missing here",
}


def unread_words(unread: UnreadPart) -> str:
    more = f" ({count(unread.others, 'more error')})" if unread.others else ""
    return f"{_PARTS[unread.part]}: {unread.error.text}{more}"


def _could_not_be_read(proposal: SettingsProposal, part: AccountPart, indent: int) -> Iterator[str]:
    if unread := proposal.unread_part(part):
        yield from comment(unread_words(unread), indent)
