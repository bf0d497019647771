"""Services of the stand-in, and the registration of their operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.model import OperationModel, ServiceModel

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service_models import service_model
from bot.playground.aws.validation import ModelViolation, violations


@dataclass(frozen=True)
class RenderedAnswer:
    """An answer whose entries are already checked and rendered."""

    content: Mapping[str, Any]


Answer = Mapping[str, Any] | RenderedAnswer
Handler = Callable[[Params, CallContext], Answer]
Resource = Callable[[Params, CallContext], str | list[str]]
ErrorFactory = Callable[[ModelViolation], AwsError]


def any_resource(_params: Params, _context: CallContext) -> str:
    """`*`: the resource of actions without resource-level permissions."""
    return "*"


def validation_error_as(code: str) -> ErrorFactory:
    """Creates validation errors with this code and the text that most services use."""

    def error(found: ModelViolation) -> AwsError:
        if found.wrong_type:
            return AwsError("SerializationException", f"{found.path}: {found.constraint}")
        return AwsError(code, found.sentence)

    return error


@dataclass(frozen=True)
class AwsOperation:
    """An operation of a service. `action`: the IAM action, or None if it needs no permission."""

    service: "AwsService"
    name: str
    handler: Handler
    action: str | None
    resource: Resource

    @cached_property
    def model(self) -> OperationModel:
        return self.service.model.operation_model(self.name)

    def resources(self, params: Params, context: CallContext) -> list[str]:
        """The resources for the permission check: the ARNs in the call, or `*`."""
        named = self.resource(params, context)
        return [named] if isinstance(named, str) else named

    def validate(self, params: Params) -> None:
        """Raises the service's error for the first violation of its model."""
        if self.model.input_shape is None:
            return
        for found in violations(self.model.input_shape, params):
            raise self.service.validation_error(found)


class AwsService:
    """A service. `name`: its name in botocore and in credential scopes."""

    def __init__(self, name: str, *, validation_error: ErrorFactory, resource: Resource) -> None:
        self.name = name
        self.validation_error = validation_error
        self.operations: dict[str, AwsOperation] = {}
        self._resource = resource

    @cached_property
    def model(self) -> ServiceModel:
        return service_model(self.name)

    def operation(
        self, name: str, *, action: str | None = "", resource: Resource | None = None
    ) -> Callable[[Handler], Handler]:
        """Registers a function as the handler of an operation.

        By default, the IAM action has the name of the operation, and the resource is the
        service's. With `action` None the call needs no permission. If there are several resources,
        all must be allowed.
        """

        def register(handler: Handler) -> Handler:
            needed = f"{self.name}:{name}" if action == "" else action
            self.operations[name] = AwsOperation(
                self, name, handler, needed, resource or self._resource
            )
            return handler

        return register
