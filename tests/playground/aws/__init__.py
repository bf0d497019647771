"""Tests of the stand-in for AWS: through boto3, over a real socket."""
