"""What else uses images: EKS, CodeBuild, App Runner, Batch and SageMaker."""

from bot.playground.aws.control.door import Body, control, each_of, place_in
from bot.playground.aws.world import World


@each_of("/eks/clusters", "clusters")
def create_cluster(world: World, place: Body, body: Body) -> str:
    return world.eks(**place).create(**body).arn


@control("PUT", "/eks/clusters")
def set_cluster_status(world: World, body: Body) -> None:
    """`{name, status}`."""
    world.eks(**place_in(body)).set_status(**body)


@each_of("/codebuild/projects", "projects")
def create_project(world: World, place: Body, body: Body) -> str:
    return world.codebuild(**place).create(**body).arn


@control("PUT", "/codebuild/projects")
def update_project(world: World, body: Body) -> None:
    """`{name, image}`, and perhaps `at`."""
    world.codebuild(**place_in(body)).update(**body)


@each_of("/apprunner/services", "services")
def create_apprunner_service(world: World, place: Body, body: Body) -> str:
    return world.apprunner(**place).create(**body).arn


@control("PUT", "/apprunner/services")
def set_apprunner_status(world: World, body: Body) -> None:
    """`{arn, status}`, and perhaps `at`."""
    world.apprunner(**place_in(body)).set_status(**body)


@each_of("/batch/definitions", "definitions")
def register_job_definition(world: World, place: Body, body: Body) -> str:
    """`{name, image}`, or `{name, shape}` as the API writes it."""
    return world.batch(**place).register(**body).full_name


@control("DELETE", "/batch/definitions")
def deregister_job_definition(world: World, body: Body) -> None:
    """`{definition: "name:revision"}`."""
    world.batch(**place_in(body)).deregister(**body)


@each_of("/sagemaker/models", "models")
def create_model(world: World, place: Body, body: Body) -> str:
    return world.sagemaker(**place).create_model(**body).arn


@each_of("/sagemaker/packages", "packages")
def create_package(world: World, place: Body, body: Body) -> str:
    return world.sagemaker(**place).create_package(**body).arn


@each_of("/sagemaker/endpoints", "endpoints")
def create_endpoint(world: World, place: Body, body: Body) -> str:
    return world.sagemaker(**place).create_endpoint(**body).arn


@each_of("/sagemaker/components", "components")
def create_component(world: World, place: Body, body: Body) -> str:
    return world.sagemaker(**place).create_component(**body).arn
