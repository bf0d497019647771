"""Tests of the AWS stand-in, with boto3 over a real socket."""
