"""Rectangles that an output is cut into."""

from typing import NamedTuple

__all__ = ["WIDEST", "Piece", "even_cuts"]

# Most numbers in a row of a piece.
WIDEST = 1 << 13


class Piece(NamedTuple):
    """A rectangle of pixels: rows ``y0`` to ``y1``, columns ``x0`` to ``x1``, ends excluded."""

    y0: int
    y1: int
    x0: int
    x1: int

    @property
    def rows(self) -> int:
        """Its height."""
        return self.y1 - self.y0

    @property
    def columns(self) -> int:
        """Its width."""
        return self.x1 - self.x0


def even_cuts(count: int, most: int) -> list[int]:
    """Return the ends of the fewest parts of `count` that are nearly equal and at most `most` long."""
    parts = -(-count // max(1, most))
    return [count * i // parts for i in range(parts + 1)]
