"""Correlation of a picture with one kernel: a plan chooses between direct, separable, GEMM and FFT."""
