"""What people see in Slack: pure functions from stored state to Block Kit."""
