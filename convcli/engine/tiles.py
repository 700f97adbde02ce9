"""The pieces, rectangles of pixels, that an output is cut into."""

from typing import NamedTuple

__all__ = ["MAX_ROW_SAMPLES", "Piece", "even_cuts"]

# Samples (pixels times channels) in a row of a piece, at most: 32 KiB of float32.
MAX_ROW_SAMPLES = 1 << 13


class Piece(NamedTuple):
    """A rectangle of pixels: rows ``y0`` to ``y1``, columns ``x0`` to ``x1``, ends excluded."""

    y0: int
    y1: int
    x0: int
    x1: int

    @property
    def rows(self) -> int:
        """Height in pixels."""
        return self.y1 - self.y0

    @property
    def columns(self) -> int:
        """Width in pixels."""
        return self.x1 - self.x0


def even_cuts(count: int, most: int) -> list[int]:
    """Cut `count` positions into the fewest nearly equal parts of at most `most`; return 0 and their ends."""
    parts = -(-count // max(1, most))
    return [count * i // parts for i in range(parts + 1)]
