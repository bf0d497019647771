"""Benchmarks, run by `make bench`. They compare timings within one run."""
