"""Fitting a kernel and bias to pairs of pictures: least squares, descent, search for size and padding."""
