"""The protocol of a compiled weighted sum: its cost, and how it is run over a strip."""

from typing import Protocol

from convcli.engine.arrays import Array
from convcli.engine.correlation.strips import Strip
from convcli.engine.threads import Scratch

__all__ = ["Program"]


class Program(Protocol):
    """A compiled weighted sum; `cost` is in nanoseconds per output."""

    cost: float

    def __call__(self, strip: Strip, into: Array, scratch: Scratch) -> None:
        """Write the sums of `strip` to `into`, a (rows, width) array that does not overlap its input."""
