"""What has been worked out for a kernel is kept: the same few kernels meet many pictures."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

import numpy as np

from convcli.engine.arrays import Floats

__all__ = ["by_weights", "keeping"]

Function = TypeVar("Function", bound=Callable[..., Any])

LARGEST = 4096
"""Weights of the largest kernel that is kept."""

MOST = 256
"""Results that each function keeps, unless it says otherwise."""


def keeping(most: int) -> Callable[[Function], Function]:
    """Keep `most` results of a pure ``function(weights, *others)``, whose other arguments can be hashed.

    Results are shared between callers and threads, and must not be changed.
    """

    def keep(function: Function) -> Function:
        @lru_cache(maxsize=most)
        def known(data: bytes, shape: tuple[int, ...], others: tuple[Any, ...]) -> Any:
            return function(np.frombuffer(data).reshape(shape), *others)

        @wraps(function)
        def call(weights: Floats, *others: Any) -> Any:
            if weights.size > LARGEST or weights.dtype != np.float64:
                return function(weights, *others)
            return known(weights.tobytes(), weights.shape, others)

        return cast(Function, call)

    return keep


by_weights = keeping(MOST)
