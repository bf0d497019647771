"""All code that uses boto3."""
