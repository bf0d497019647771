"""Kubernetes as a usage source: pods, and objects that would start pods."""
