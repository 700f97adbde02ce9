"""Caches of results that depend on a kernel alone, for applying the same few kernels to many pictures."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

import numpy as np

from convcli.engine.arrays import Floats

__all__ = ["by_weights", "keeping"]

Function = TypeVar("Function", bound=Callable[..., Any])

# Largest kernel whose results are cached, in weights: its bytes (32 KiB) are the cache's key.
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
