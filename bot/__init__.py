"""ecr-clean keeps AWS ECR repositories small without deleting an image that somebody needs."""

__version__ = "0.1.0"
