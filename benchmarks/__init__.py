"""Ratios against a raw client in the same run: `python -m benchmarks [NAME]…`."""
