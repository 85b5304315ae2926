"""Outputs for programs and CI systems, each made from the document `results.json` alone."""
