"""`ecr-clean iam-policy`: the least IAM policies and ClusterRole that the bot needs, as JSON."""

import json
from collections.abc import Iterable

import click

from bot.aws.iam_policy import ANY, LARGEST, read_policy, size_of
from bot.cli.options import Options, common_options
from bot.cli.status import note
from bot.core.errors import RequestError
from bot.settings import Settings, load_settings
from bot.wiring import Principal, cluster_role, duties, own_place


@click.command("iam-policy")
@click.option(
    "--read", is_flag=True, expose_value=False, help="What planning and doctor need.  [default]"
)
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
def iam_policy(options: Options, role: Principal, *, kubernetes: bool) -> None:
    """Print the least IAM policy for these settings, or the least ClusterRole.

    The policy is for whoever runs ecr-clean. A role that the settings name has a policy of its
    own, which --role prints.
    """
    settings = load_settings(options.config)
    if kubernetes:
        _print_cluster_role(settings)
    else:
        _print_policy(settings, role)


def _print_cluster_role(settings: Settings) -> None:
    click.echo(json.dumps(cluster_role(settings), indent=2))
    note(
        "bind it to the user, group or service account that ecr-clean comes as: kubectl create "
        "clusterrolebinding ecr-clean --clusterrole=ecr-clean --group=GROUP"
    )


def _print_policy(settings: Settings, role: Principal) -> None:
    by_principal = duties(settings, own_place(settings))
    roles = [principal for principal in by_principal if principal]
    if role not in by_principal:
        raise RequestError(f"The settings name no role {role}: {_choice(roles)}")
    policy = read_policy(by_principal[role])
    click.echo(json.dumps(policy, indent=2))
    _tell_whose(role, roles, by_principal[role].account)
    if (size := size_of(policy)) > LARGEST:
        note(f"it has {size:,} characters; a managed policy takes {LARGEST:,}: split it in two")


def _tell_whose(role: Principal, roles: Iterable[str], account: str) -> None:
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
        note(f"a role has a policy of its own: ecr-clean iam-policy --role {each}")


def _choice(roles: Iterable[str]) -> str:
    return f"give one of {', '.join(roles)}" if roles else "leave --role out"
