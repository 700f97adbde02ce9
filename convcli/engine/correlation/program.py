"""The steps by which a kernel without zeros is summed."""

from typing import Protocol

from convcli.engine.arrays import Array, Indices
from convcli.engine.correlation.strips import Grid
from convcli.engine.threads import Scratch

__all__ = ["Program"]


class Program(Protocol):
    """A compiled weighted sum."""

    cost: float

    def __call__(self, x: Array, offsets: Indices, grid: Grid, into: Array, scratch: Scratch) -> None:
        """Write the sums at the positions of `grid` to `into`, a (rows, width) array outside `x`."""
