"""The bot in Slack: listeners for commands, buttons and modals, and messages of stored state."""
