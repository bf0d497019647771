"""`ecr-clean iam-policy`: the least IAM policy that the bot needs, as JSON."""

import json
from collections.abc import Iterable

import click

from bot.aws.iam_policy import ANY, LARGEST, read_policy, size_of
from bot.cli.options import Options, common_options
from bot.core.errors import RequestError
from bot.settings import load_settings
from bot.wiring import Principal, duties, own_place


@click.command("iam-policy")
@click.option(
    "--read", is_flag=True, expose_value=False, help="What planning and doctor need.  [default]"
)
@click.option(
    "--role", metavar="ARN", help="The policy of this role of the settings, not the caller's."
)
@common_options
@click.pass_obj
def iam_policy(options: Options, role: Principal) -> None:
    """Print the least IAM policy for these settings.

    It is for whoever runs ecr-clean. A role that the settings name has a policy of its own, which
    --role prints.
    """
    settings = load_settings(options.config)
    by_principal = duties(settings, own_place(settings))
    roles = [principal for principal in by_principal if principal]
    if role not in by_principal:
        raise RequestError(f"The settings name no role {role}: {_choice(roles)}")
    policy = read_policy(by_principal[role])
    click.echo(json.dumps(policy, indent=2))
    _tell_whose(role, roles, by_principal[role].account)
    if (size := size_of(policy)) > LARGEST:
        _tell(f"it has {size:,} characters; a managed policy takes {LARGEST:,}: split it in two")


def _tell_whose(role: Principal, roles: Iterable[str], account: str) -> None:
    if role:
        _tell(f"this is the policy of the role {role}")
        return
    if account == ANY:
        _tell(
            "this is the policy of whoever runs ecr-clean; with AWS credentials it would name "
            "the account"
        )
    else:
        _tell(f"this is the policy of whoever runs ecr-clean in account {account}")
    for each in roles:
        _tell(f"a role has a policy of its own: ecr-clean iam-policy --role {each}")


def _choice(roles: Iterable[str]) -> str:
    return f"give one of {', '.join(roles)}" if roles else "leave --role out"


def _tell(words: str) -> None:
    click.echo(f"ecr-clean: {words}", err=True)
