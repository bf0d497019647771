"""How a service of the stand-in is put together from operations."""

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
    """An answer whose parts were checked and rendered before: it is sent as it is."""

    content: Mapping[str, Any]


Answer = Mapping[str, Any] | RenderedAnswer
Handler = Callable[[Params, CallContext], Answer]
Resource = Callable[[Params, CallContext], str | list[str]]
ErrorFactory = Callable[[ModelViolation], AwsError]


def any_resource(_params: Params, _context: CallContext) -> str:
    """The resource of actions that know none."""
    return "*"


def validation_error_as(code: str) -> ErrorFactory:
    """Answers this code for what the model does not allow, in the words that most services use."""

    def refusal(found: ModelViolation) -> AwsError:
        if found.wrong_type:
            return AwsError("SerializationException", f"{found.path}: {found.constraint}")
        return AwsError(code, found.sentence)

    return refusal


@dataclass(frozen=True)
class AwsOperation:
    """One call that the stand-in answers.

    `action` is what IAM asks for, None where it asks for nothing.
    """

    service: "AwsService"
    name: str
    handler: Handler
    action: str | None
    resource: Resource

    @cached_property
    def model(self) -> OperationModel:
        return self.service.model.operation_model(self.name)

    def resources(self, params: Params, context: CallContext) -> list[str]:
        """What IAM is asked about: the ARN of everything that the call names, or `*`."""
        named = self.resource(params, context)
        return [named] if isinstance(named, str) else named

    def validate(self, params: Params) -> None:
        """Raises the service's own error for the first thing that its model does not allow."""
        if self.model.input_shape is None:
            return
        for found in violations(self.model.input_shape, params):
            raise self.service.refusal(found)


class AwsService:
    """One service, named as botocore and the credential scope name it."""

    def __init__(self, name: str, *, refusal: ErrorFactory, resource: Resource) -> None:
        self.name = name
        self.refusal = refusal
        self.operations: dict[str, AwsOperation] = {}
        self._resource = resource

    @cached_property
    def model(self) -> ServiceModel:
        return service_model(self.name)

    def operation(
        self, name: str, *, action: str | None = "", resource: Resource | None = None
    ) -> Callable[[Handler], Handler]:
        """Registers a function as the answer to an operation of the service's model.

        IAM's action is the operation's name and the resource the service's usual one, unless
        told otherwise; an action of None needs no permission. Of several resources each has to
        be allowed.
        """

        def register(handler: Handler) -> Handler:
            needed = f"{self.name}:{name}" if action == "" else action
            self.operations[name] = AwsOperation(
                self, name, handler, needed, resource or self._resource
            )
            return handler

        return register
