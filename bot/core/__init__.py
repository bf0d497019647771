"""The decision, pure: no clock, no I/O. `now` is an argument."""
