"""Baseline for plans: boto3 lists a repository, page by page."""

import sys

import boto3

pages = (
    boto3.client("ecr")
    .get_paginator("describe_images")
    .paginate(
        repositoryName=sys.argv[1],
        filter={"imageStatus": "ANY"},
        PaginationConfig={"PageSize": 1000},
    )
)
sys.stdout.write(f"{sum(len(page['imageDetails']) for page in pages)}\n")
