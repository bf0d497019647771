"""`ecr-clean iam-policy`: the least IAM policies and ClusterRole that the bot needs, as JSON."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import click

from bot.aws.iam_policy import ANY, LARGEST, Duties, Policy, delete_policy, read_policy, size_of
from bot.cli.options import Options, common_options
from bot.cli.terminal import note, say_lines
from bot.core.errors import RequestError
from bot.core.repository import RegistryId
from bot.settings import Settings, load_settings
from bot.wiring import Principal, cluster_role, deleting_duties, duties, own_place


@dataclass(frozen=True, slots=True)
class Kind:
    """`option`: what the command is told to print it, before `--role`. `does`: what the roles do
    that have one."""

    option: str
    does: str
    duties: Callable[[Settings, RegistryId], Mapping[Principal, Duties]]
    policy: Callable[[Duties], Policy]


READ = Kind("", "reads", duties, read_policy)
DELETE = Kind("--delete ", "deletes", deleting_duties, delete_policy)


@click.command("iam-policy")
@click.option(
    "--read",
    is_flag=True,
    help="What looking needs: planning, doctor, and each look before a deletion.  [default]",
)
@click.option("--delete", is_flag=True, help="What deleting itself needs.")
@click.option(
    "--role", metavar="ARN", help="The policy of this role of the settings, not the caller's."
)
@click.option(
    "--kubernetes",
    is_flag=True,
    help="The ClusterRole that reading clusters needs, for kubectl apply -f -.",
)
@common_options
@click.pass_obj
def iam_policy(
    options: Options, role: Principal, *, read: bool, delete: bool, kubernetes: bool
) -> None:
    """Print the least IAM policy for these settings, or the least ClusterRole.

    The policy is for whoever runs ecr-clean. A role that the settings name has a policy of its
    own, which --role prints.
    """
    _refuse_together({"--read": read, "--delete": delete, "--kubernetes": kubernetes})
    _refuse_together({"--role": role is not None, "--kubernetes": kubernetes})
    settings = load_settings(options.config)
    if kubernetes:
        _print_cluster_role(settings)
    else:
        _print_policy(settings, role, DELETE if delete else READ)


def _refuse_together(given: Mapping[str, bool]) -> None:
    options = [option for option, is_given in given.items() if is_given]
    if len(options) > 1:
        raise RequestError(f"{' and '.join(options)} do not go together: give one of them")


def _print_cluster_role(settings: Settings) -> None:
    say_lines(json.dumps(cluster_role(settings), indent=2))
    note(
        "bind it to the user, group or service account that ecr-clean comes as: kubectl create "
        "clusterrolebinding ecr-clean --clusterrole=ecr-clean --group=GROUP"
    )


def _print_policy(settings: Settings, role: Principal, kind: Kind) -> None:
    own = own_place(settings)
    shares = {each: each.duties(settings, own) for each in (READ, DELETE)}
    _refuse_strangers(role, kind, shares)
    mine = shares[kind][role]
    policy = kind.policy(mine)
    say_lines(json.dumps(policy, indent=2))
    if not policy["Statement"]:
        note("the policy is empty: no repository matches `policies`, so nothing is ever deleted")
    _tell_whose(role, kind, _roles(shares[kind]), mine.account)
    if (size := size_of(policy)) > LARGEST:
        note(f"it has {size:,} characters; a managed policy takes {LARGEST:,}: split it in two")


def _refuse_strangers(
    role: Principal, kind: Kind, shares: Mapping[Kind, Mapping[Principal, Duties]]
) -> None:
    if role in shares[kind]:
        return
    for other, by_principal in shares.items():
        if role in by_principal:
            raise RequestError(
                f"The role {role} only {other.does}: ecr-clean iam-policy {other.option}--role "
                f"{role} prints its policy"
            )
    roles = _roles(shares[kind])
    choice = f"give one of {', '.join(roles)}" if roles else "leave --role out"
    raise RequestError(f"The settings name no role {role}: {choice}")


def _roles(by_principal: Mapping[Principal, Duties]) -> list[str]:
    return [principal for principal in by_principal if principal]


def _tell_whose(role: Principal, kind: Kind, roles: Iterable[str], account: str) -> None:
    if role:
        note(f"this is the policy of the role {role}")
        return
    if account == ANY:
        note(
            "this is the policy of whoever runs ecr-clean; with AWS credentials it would name "
            "the account"
        )
    else:
        note(f"this is the policy of whoever runs ecr-clean in account {account}")
    for each in roles:
        note(f"a role has a policy of its own: ecr-clean iam-policy {kind.option}--role {each}")
