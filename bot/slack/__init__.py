"""The bot in Slack: listeners by surface, blocks of stored state, wording."""
