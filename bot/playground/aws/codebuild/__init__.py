"""AWS CodeBuild: importing this package registers its operations."""

from bot.playground.aws.codebuild import projects
from bot.playground.aws.codebuild.service import codebuild

__all__ = ["codebuild", "projects"]
