"""Max, average, min, median and Lp pooling."""
