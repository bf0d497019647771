"""Deletes the images of approved plans, except images that changed after the approval."""
