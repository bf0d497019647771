"""Slack messages, modals and the Home tab: pure functions from stored state to Block Kit."""
