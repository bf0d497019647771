"""One verb a file. The command line and Slack call the same functions."""
