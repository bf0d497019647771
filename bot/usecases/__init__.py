"""The workflow, one module for each subject. The command line and Slack call the same functions."""
