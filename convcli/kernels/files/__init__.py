"""Kernels in files: read, written, exported."""
