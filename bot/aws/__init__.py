"""Everything boto3."""
