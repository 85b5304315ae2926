"""Measurements, run by `make bench` and reported as ratios within one run; never tests."""
