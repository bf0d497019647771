"""The workflow, one module a subject. The command line and Slack call the same functions."""
