"""Caches what is worked out for a kernel: the same few kernels meet many pictures."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

import numpy as np

from convcli.engine.arrays import Floats

__all__ = ["by_weights", "keeping"]

Function = TypeVar("Function", bound=Callable[..., Any])

# Weights of the largest kernel whose results are kept.
MAX_WEIGHTS = 4096


def keeping(results: int) -> Callable[[Function], Function]:
    """Keep the last `results` of a pure ``function(weights, *others)``, whose other arguments can be hashed.

    Results are shared between callers and threads, and must not be changed.
    """

    def keep(function: Function) -> Function:
        @lru_cache(maxsize=results)
        def known(data: bytes, shape: tuple[int, ...], others: tuple[Any, ...]) -> Any:
            return function(np.frombuffer(data).reshape(shape), *others)

        @wraps(function)
        def call(weights: Floats, *others: Any) -> Any:
            if weights.size > MAX_WEIGHTS or weights.dtype != np.float64:
                return function(weights, *others)
            return known(weights.tobytes(), weights.shape, others)

        return cast(Function, call)

    return keep


by_weights = keeping(256)
