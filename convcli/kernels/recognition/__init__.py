"""Recognition of named kernels, and their parameters, from weights."""
