"""Control API: workloads that use images, and Regions."""

from bot.playground.aws.aws_state import AwsState
from bot.playground.aws.control.routing import Body, control, each_of, location_in


@each_of("/ecs/definitions", "definitions")
def register(world: AwsState, location: Body, body: Body) -> str:
    return world.ecs(**location).register(**body).name


@control("DELETE", "/ecs/definitions")
def deregister(world: AwsState, body: Body) -> None:
    world.ecs(**location_in(body)).deregister(**body)


@each_of("/ecs/tasks", "tasks")
def run_task(world: AwsState, location: Body, body: Body) -> str:
    return world.ecs(**location).run_task(**body).arn


@control("DELETE", "/ecs/tasks")
def stop_task(world: AwsState, body: Body) -> None:
    """`{task: ARN}` and optionally `last_status` and `at`."""
    ecs = world.ecs(**location_in(body))
    ecs.stop_task(ecs.task(body.pop("task")), **body)


@each_of("/ecs/services", "services")
def create_service(world: AwsState, location: Body, body: Body) -> str:
    return world.ecs(**location).create_service(**body).arn


@control("DELETE", "/ecs/services")
def delete_service(world: AwsState, body: Body) -> None:
    world.ecs(**location_in(body)).delete_service(**body)


@each_of("/ecs/deployments", "deployments")
def deploy(world: AwsState, location: Body, body: Body) -> str:
    return world.ecs(**location).deploy(**body).arn


@control("POST", "/ecs/deployments/finish")
def finish(world: AwsState, body: Body) -> None:
    world.ecs(**location_in(body)).finish(**body)


@each_of("/ecs/task-sets", "task_sets")
def add_task_set(world: AwsState, location: Body, body: Body) -> str:
    return world.ecs(**location).add_task_set(**body).arn


@each_of("/ecs/daemons", "daemons")
def deploy_daemon(world: AwsState, location: Body, body: Body) -> str:
    return world.ecs(**location).deploy_daemon(**body).arn


@each_of("/lambda/functions", "functions")
def create_function(world: AwsState, location: Body, body: Body) -> str:
    return world.functions(**location).create(**body).arn


@each_of("/lambda/versions", "versions")
def publish(world: AwsState, location: Body, body: Body) -> str:
    return world.functions(**location).publish(**body).version


@each_of("/lambda/aliases", "aliases")
def set_alias(world: AwsState, location: Body, body: Body) -> str:
    return world.functions(**location).alias(**body).arn


@each_of("/events/rules", "rules")
def run_task_by_rule(world: AwsState, location: Body, body: Body) -> str:
    """Creates a rule, with `task_definition` one that runs a task."""
    events = world.events(**location)
    return (events.run_task if "task_definition" in body else events.put_rule)(**body).arn


@each_of("/events/targets", "targets")
def put_target(world: AwsState, location: Body, body: Body) -> str:
    """`{bus, rule, target}`. `target` has the API's format."""
    events = world.events(**location)
    rule = events.bus(body.get("bus", "default")).rules[body["rule"]]
    return events.put_target(rule, body["target"]).id


@each_of("/scheduler/schedules", "schedules")
def create_schedule(world: AwsState, location: Body, body: Body) -> str:
    """Creates a schedule: with `task_definition` one that runs a task, otherwise any `target`."""
    scheduler = world.scheduler(**location)
    return (scheduler.run_task if "task_definition" in body else scheduler.create)(**body).arn


@control("POST", "/regions")
def opt_in(world: AwsState, body: Body) -> None:
    """`{opt_in: REGION}`, for an `account`."""
    world.regions(**location_in(body)).opt_in(body["opt_in"])


@each_of("/eks/clusters", "clusters")
def create_cluster(world: AwsState, location: Body, body: Body) -> str:
    return world.eks(**location).create(**body).arn


@control("PUT", "/eks/clusters")
def set_cluster_status(world: AwsState, body: Body) -> None:
    """`{name, status}`."""
    world.eks(**location_in(body)).set_status(**body)


@each_of("/codebuild/projects", "projects")
def create_project(world: AwsState, location: Body, body: Body) -> str:
    return world.codebuild(**location).create(**body).arn


@control("PUT", "/codebuild/projects")
def update_project(world: AwsState, body: Body) -> None:
    """`{name, image}` and optionally `at`."""
    world.codebuild(**location_in(body)).update(**body)


@each_of("/apprunner/services", "services")
def create_apprunner_service(world: AwsState, location: Body, body: Body) -> str:
    return world.apprunner(**location).create(**body).arn


@control("PUT", "/apprunner/services")
def set_apprunner_status(world: AwsState, body: Body) -> None:
    """`{arn, status}` and optionally `at`."""
    world.apprunner(**location_in(body)).set_status(**body)


@each_of("/batch/definitions", "definitions")
def register_job_definition(world: AwsState, location: Body, body: Body) -> str:
    """`{name, image}`, or `{name, shape}` with a shape in the API's format."""
    return world.batch(**location).register(**body).full_name


@control("DELETE", "/batch/definitions")
def deregister_job_definition(world: AwsState, body: Body) -> None:
    """`{definition: "name:revision"}`."""
    world.batch(**location_in(body)).deregister(**body)


@each_of("/sagemaker/models", "models")
def create_model(world: AwsState, location: Body, body: Body) -> str:
    return world.sagemaker(**location).create_model(**body).arn


@each_of("/sagemaker/packages", "packages")
def create_package(world: AwsState, location: Body, body: Body) -> str:
    return world.sagemaker(**location).create_package(**body).arn


@each_of("/sagemaker/endpoints", "endpoints")
def create_endpoint(world: AwsState, location: Body, body: Body) -> str:
    return world.sagemaker(**location).create_endpoint(**body).arn


@each_of("/sagemaker/components", "components")
def create_component(world: AwsState, location: Body, body: Body) -> str:
    return world.sagemaker(**location).create_component(**body).arn
