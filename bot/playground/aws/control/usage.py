"""What uses images: ECS, Lambda, EventBridge and its Scheduler."""

from bot.playground.aws.control.door import Body, control, each_of, place_in
from bot.playground.aws.world import World


@each_of("/ecs/definitions", "definitions")
def register(world: World, place: Body, body: Body) -> str:
    return world.ecs(**place).register(**body).name


@control("DELETE", "/ecs/definitions")
def deregister(world: World, body: Body) -> None:
    world.ecs(**place_in(body)).deregister(**body)


@each_of("/ecs/tasks", "tasks")
def run_task(world: World, place: Body, body: Body) -> str:
    return world.ecs(**place).run_task(**body).arn


@control("DELETE", "/ecs/tasks")
def stop_task(world: World, body: Body) -> None:
    """`{task: ARN}`, and perhaps `last_status` and `at`."""
    ecs = world.ecs(**place_in(body))
    ecs.stop_task(ecs.task(body.pop("task")), **body)


@each_of("/ecs/services", "services")
def create_service(world: World, place: Body, body: Body) -> str:
    return world.ecs(**place).create_service(**body).arn


@control("DELETE", "/ecs/services")
def delete_service(world: World, body: Body) -> None:
    world.ecs(**place_in(body)).delete_service(**body)


@each_of("/ecs/deployments", "deployments")
def deploy(world: World, place: Body, body: Body) -> str:
    return world.ecs(**place).deploy(**body).arn


@control("POST", "/ecs/deployments/finish")
def finish(world: World, body: Body) -> None:
    world.ecs(**place_in(body)).finish(**body)


@each_of("/ecs/task-sets", "task_sets")
def add_task_set(world: World, place: Body, body: Body) -> str:
    return world.ecs(**place).add_task_set(**body).arn


@each_of("/ecs/daemons", "daemons")
def deploy_daemon(world: World, place: Body, body: Body) -> str:
    return world.ecs(**place).deploy_daemon(**body).arn


@each_of("/lambda/functions", "functions")
def create_function(world: World, place: Body, body: Body) -> str:
    return world.functions(**place).create(**body).arn


@each_of("/lambda/versions", "versions")
def publish(world: World, place: Body, body: Body) -> str:
    return world.functions(**place).publish(**body).version


@each_of("/lambda/aliases", "aliases")
def point_alias(world: World, place: Body, body: Body) -> str:
    return world.functions(**place).alias(**body).arn


@each_of("/events/rules", "rules")
def run_task_by_rule(world: World, place: Body, body: Body) -> str:
    """With `task_definition` a rule that runs a task, otherwise one without targets."""
    events = world.events(**place)
    return (events.run_task if "task_definition" in body else events.put_rule)(**body).arn


@each_of("/events/targets", "targets")
def put_target(world: World, place: Body, body: Body) -> str:
    """`{bus, rule, target}`: the target as the API writes it."""
    events = world.events(**place)
    rule = events.bus(body.get("bus", "default")).rules[body["rule"]]
    return events.put_target(rule, body["target"]).id


@each_of("/scheduler/schedules", "schedules")
def create_schedule(world: World, place: Body, body: Body) -> str:
    """With `task_definition` a schedule that runs a task, otherwise one with any `target`."""
    scheduler = world.scheduler(**place)
    return (scheduler.run_task if "task_definition" in body else scheduler.create)(**body).arn


@control("POST", "/regions")
def opt_in(world: World, body: Body) -> None:
    """`{opt_in: REGION}`, for an `account`."""
    world.regions(**place_in(body)).opt_in(body["opt_in"])
