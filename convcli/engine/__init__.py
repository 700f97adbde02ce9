"""The convolution engine: NumPy arrays in, NumPy arrays out; knows nothing of files, colours or terminals."""
