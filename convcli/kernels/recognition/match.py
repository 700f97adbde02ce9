"""A match of a matrix with a named kernel: scale, cosine, shift, and the cost of its name."""

import math
from typing import NamedTuple

import numpy as np

from convcli.display.words import per_axis
from convcli.kernels.kernel import Array

__all__ = ["MIN_COSINE", "ROUNDING_MISFIT", "Match", "Recognised", "misfit", "sized"]


# Two kernels count as the same where the cosine between them is above this.
MIN_COSINE = 0.999
# Misfits (1 - cosine) below this are rounding.
ROUNDING_MISFIT = 1e-10


class Recognised(NamedTuple):
    """A named kernel recognised in given weights.

    Attributes
    ----------
    spec
        The SPEC of the named kernel (of ``kirsch`` and ``robinson`` one mask, followed by its direction).
    scale
        The signed factor of the named kernel.
    cosine
        Between the two, 1 where they differ by scale alone.
    turn
        Rotation or reflection of the named kernel, or how it was made, in words; else empty.
    shift
        Offset of its centre in the given weights, rows down and columns to the right.
    identity
        Factor of the identity that is added.
    """

    spec: str
    scale: float
    cosine: float
    turn: str = ""
    shift: tuple[int, int] = (0, 0)
    identity: float = 0.0

    @property
    def product(self) -> str:
        """The named kernel times its factor, and the identity that is added."""
        own = f"identity x {_two_places(self.identity)} + " if self.identity else ""
        return f"{own}{self.spec} x {_two_places(self.scale)}"


class Match(NamedTuple):
    """A candidate, its misfit (1 - cosine), and its cost: one parameter more costs 1."""

    recognised: Recognised
    misfit: float
    cost: float

    def score(self) -> float:
        """Return the score, the lower the better: a cost of 1 must halve the misfit."""
        return math.log2(self.misfit + ROUNDING_MISFIT) + self.cost


def misfit(whole: Array, part: Array, plane: Array) -> float:
    """Return ``1 - |cosine|`` of `whole` and `plane`, which lies on `part` of it.

    The squared difference of the unit vectors avoids the cancellation of ``1 - cosine``.
    """
    size, own = float(np.sqrt(np.sum(whole**2))), float(np.sqrt(np.sum(plane**2)))
    sign = 1.0 if float(np.sum(part * plane)) >= 0 else -1.0
    outside = max(0.0, 1 - float(np.sum(part**2)) / size**2)
    return (float(np.sum((part / size - sign * plane / own) ** 2)) + outside) / 2


def sized(name: str, size: tuple[int, int]) -> str:
    """Return the SPEC of a kernel whose default size is 3."""
    return name if size == (3, 3) else f"{name}:size={per_axis(size)}"


def _two_places(value: float) -> str:
    return f"{value:.2f}" if 0.995 <= abs(value) < 1e4 else f"{value:.3g}"
