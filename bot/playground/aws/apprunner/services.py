"""ListServices and DescribeService."""

from typing import Any

from bot.playground.aws.apprunner.service import apprunner, pager, state
from bot.playground.aws.apprunner.state import AppRunnerService
from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError, find
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer, any_resource


@apprunner.operation("ListServices", resource=any_resource)
def list_services(params: Params, context: CallContext) -> Answer:
    """Services in every status, including deleted ones.

    Without MaxResults, AWS returns all services in one page (model). The stand-in returns 20, so
    that clients must use NextToken.
    """
    services = state(context).services
    arns, more = pager.page(ascending(sorted(services)), params, context)
    return {"ServiceSummaryList": [_summary(services[arn]) for arn in arns]} | more


def _summary(service: AppRunnerService) -> dict[str, Any]:
    return {
        "ServiceName": service.name,
        "ServiceId": service.id,
        "ServiceArn": service.arn,
        "ServiceUrl": f"{service.id}.awsapprunner.invalid",
        "CreatedAt": service.created_at,
        "UpdatedAt": service.updated_at,
        "Status": service.status,
    }


@apprunner.operation("DescribeService")
def describe_service(params: Params, context: CallContext) -> Answer:
    arn = params["ServiceArn"]
    missing = AwsError(
        "ResourceNotFoundException", f"Service with the provided ARN does not exist: {arn}"
    )
    service = find(state(context).services, arn, missing)
    scaling = state(context).location.arn(
        "apprunner", "autoscalingconfiguration/DefaultConfiguration"
    )
    return {
        "Service": {
            **_summary(service),
            "DeletedAt": service.deleted_at,
            "SourceConfiguration": _source(service),
            "InstanceConfiguration": {"Cpu": "1024", "Memory": "2048"},
            "AutoScalingConfigurationSummary": {"AutoScalingConfigurationArn": scaling},
            "NetworkConfiguration": {"EgressConfiguration": {"EgressType": "DEFAULT"}},
        }
    }


def _source(service: AppRunnerService) -> dict[str, Any]:
    """Images in ECR Public have no automatic deployments (model)."""
    if service.image is None:
        version = {"Type": "BRANCH", "Value": "main"}
        url = f"https://code.invalid/{service.name}"
        return {"CodeRepository": {"RepositoryUrl": url, "SourceCodeVersion": version}}
    public = service.image.startswith("public.ecr.aws/")
    return {
        "ImageRepository": {
            "ImageIdentifier": service.image,
            "ImageRepositoryType": "ECR_PUBLIC" if public else "ECR",
        },
        "AutoDeploymentsEnabled": not public,
    }
