"""Builds every client, on call. The only room that knows all but the playground."""
