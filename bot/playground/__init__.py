"""Stand-ins for AWS, Kubernetes and Slack on this machine, for tests and the demo.

They are as strict as the services, and import nothing from the rest of `bot`.
"""
