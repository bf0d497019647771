"""`/ecr-clean REPOSITORY`, and `/ecr-clean report REPOSITORY`."""

from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments, as_repositories
from bot.slack.requested_reports import request_report
from bot.usecases.repositories import AmbiguousError


def report(asked: Asked) -> None:
    (repository,) = arguments(asked.line, 1, 1)
    report_on(asked, as_repositories(repository))


def report_on(asked: Asked, repository: str) -> None:
    """One that nobody knows yet is looked for in AWS. Raises AmbiguousError."""
    known = asked.context.store.repositories_called(repository)
    if len(known) > 1:
        raise AmbiguousError(repository, known)
    request_report(asked.context, repository, asked.sender, asked.channel)
