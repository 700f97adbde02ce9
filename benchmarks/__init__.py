"""Ratios of our times to those of other tools, measured side by side: ``python -m benchmarks NAME``."""
