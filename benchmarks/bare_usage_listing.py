"""Baseline for scans of AWS workloads: boto3 lists all workloads, page by page."""

import sys
from collections.abc import Iterator
from typing import Any

import boto3


def listed(client: Any, operation: str, key: str, **request: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**request):
        yield from page[key]


ecs, functions = boto3.client("ecs"), boto3.client("lambda")
count = 0
for cluster in listed(ecs, "list_clusters", "clusterArns"):
    for status in ("RUNNING", "STOPPED"):
        tasks = listed(ecs, "list_tasks", "taskArns", cluster=cluster, desiredStatus=status)
        count += sum(1 for _ in tasks)
    services = listed(
        ecs, "list_services", "serviceArns", cluster=cluster, PaginationConfig={"PageSize": 100}
    )
    count += sum(1 for _ in services)
count += sum(1 for _ in listed(ecs, "list_task_definitions", "taskDefinitionArns"))
count += sum(1 for _ in listed(functions, "list_functions", "Functions", FunctionVersion="ALL"))
sys.stdout.write(f"{count}\n")
