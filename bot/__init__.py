"""ecr-clean deletes old images from AWS ECR repositories, and keeps images that are in use."""

__version__ = "0.1.0"
