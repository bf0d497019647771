"""Deletes the images of approved plans, except those that have changed since."""
