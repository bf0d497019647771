"""Actions of the workspace's users, and the content that they see."""
