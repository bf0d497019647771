"""What the workspace's people do, and what they see."""
