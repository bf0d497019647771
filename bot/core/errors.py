"""Errors for people: one sentence that says what failed, where, and what to do."""


class ServiceError(Exception):
    """AWS, Slack or the database failed, or answered what cannot be used."""


class RequestError(Exception):
    """The call or the settings are wrong; nothing was done."""
