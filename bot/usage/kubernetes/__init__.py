"""Kubernetes: what runs in clusters, and what would start pods there."""
