"""Kernel and bias fitted to pairs of pictures: least squares, descent, search for size and padding."""
