"""Arrays of one axis as callers give them: signals, which the engine takes as pictures of one row."""

from typing import Any

import numpy as np

__all__ = ["as_rows", "is_signal", "padded_beside"]


def is_signal(given: Any) -> bool:
    """Whether `given` is an array, or a list of numbers, of one axis."""
    try:
        return np.ndim(given) == 1 and np.size(given) > 0
    except ValueError:  # arrays or rows of different sizes
        return False


def as_rows(image: Any, kernel: Any) -> tuple[Any, Any, bool]:
    """Return a signal and a kernel of one axis as one row each, and True; others as they are, and False."""
    if is_signal(image) and is_signal(kernel):
        return np.asarray(image)[np.newaxis], np.asarray(kernel)[np.newaxis], True
    return image, kernel, False


def padded_beside(padding: object) -> object:
    """Return the padding of a signal, one number or (before, after), as that of a picture of one row."""
    if not isinstance(padding, tuple | list):
        return padding if isinstance(padding, str) else ((0, 0), (padding, padding))
    return padding if any(isinstance(side, tuple | list) for side in padding) else ((0, 0), padding)
