"""Rows of a picture that are decoded in groups, as of a row of chunks; the last groups are kept."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

import numpy as np

from convcli.imaging.image import Array

__all__ = ["RowGroups"]

# Groups that are kept: a band lies in one, or in two neighbours, as do those worked on beside it.
_KEPT = 2


class RowGroups:
    """Groups of `step` rows, each made by ``decode(first, end)`` once while several threads ask for it."""

    def __init__(self, decode: Callable[[int, int], Array], step: int, height: int) -> None:
        self._decode, self._step, self._height = decode, step, height
        self._groups: dict[int, Future[Array]] = {}
        self._lock = Lock()

    def rows(self, first: int, end: int) -> Array:
        """Return rows ``first <= row < end``."""
        parts = [
            self._group(number)[max(first - number * self._step, 0) : end - number * self._step]
            for number in range(first // self._step, -(-end // self._step))
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _group(self, number: int) -> Array:
        with self._lock:
            group = self._groups.pop(number, None)
            ours = group is None
            self._groups[number] = group = group or Future()
            while len(self._groups) > _KEPT:
                del self._groups[next(iter(self._groups))]
        if ours:
            try:
                group.set_result(
                    self._decode(number * self._step, min((number + 1) * self._step, self._height))
                )
            except BaseException as error:
                group.set_exception(error)
        return group.result()
