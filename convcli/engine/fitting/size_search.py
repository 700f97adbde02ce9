"""How large a kernel is: grown until the residual stops falling, then trimmed of lines that do nothing.

Sizes are compared on the same pixels, those whose windows of the largest size need nothing made up, so that
the border plays no part. One Cholesky factorisation of the normal equations, its weights ordered from the
centre outwards, gives the residual of every size: with ``G = L L^T`` and ``z = L^-1 g`` the first n weights
explain ``z[0]^2 + ... + z[n-1]^2``.

A larger size must earn its weights: it is taken if it lowers Schwarz's criterion
``n log(squares / n) + q log n`` for n pixels and q weights, and if it lowers the sum of squares by more than
a thousandth. What is a millionth of the target's deviation counts as nothing left.

References
----------
Schwarz, Estimating the dimension of a model, 1978.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from convcli.choices import PadMode
from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.data import Frame, Plane, interior
from convcli.engine.fitting.moments import Centre, Moments, sum_moments
from convcli.engine.fitting.normal_equations import Normal

__all__ = ["NOTHING", "SizeTrial", "find_size", "kernel_size"]

STAGES = (15, 31, 63)
"""Largest sizes tried, one after the other: the next if the residual still falls at the end of the last."""

WORK = 1.5e10
"""Multiplications spent on the sums of a stage: of large pictures, bands that are spread over them do."""

BANDS = 8
"""Bands at most."""

STILL_FALLING = 0.97
"""Share of the variance that the last two sizes of a stage leave, if the kernel may be larger."""

WORTH = 1e-3
"""Share of the sum of squares that a size or line must take away."""

NOTHING = 1e-12
"""Share of the target's sum of squares that counts as none."""

BLOCK = 64
"""Rows of a triangular matrix that are solved at a time."""

ALIKE = 0.2
"""Size of a line of weights, beside the one across the centre, from which on both are of the kernel."""

SPARE = 2
"""Pixels for each weight at least."""


class SizeTrial(NamedTuple):
    """One size of the kernel, and the root mean square of what it leaves unexplained."""

    size: tuple[int, int]
    rms: float


class Reach(NamedTuple):
    """How far a kernel reaches from its anchor: rows up and down, columns left and right."""

    up: int
    down: int
    left: int
    right: int


def kernel_size(near: int, far: int) -> int:
    """Return the least size that reaches `near` pixels before the anchor and `far` beyond it.

    The anchor of an even size has one pixel more beyond it, as ``same`` padding has.
    """
    return max(2 * near + 1, 2 * far)


def find_size(
    groups: Sequence[Sequence[Plane]], stride: tuple[int, int], bias: bool, threads: int
) -> tuple[tuple[int, int], tuple[SizeTrial, ...]]:
    """Return the size that the kernels of all `groups` of planes fit into, and the sizes tried.

    Targets are as large as ``same`` padding makes them.
    """
    reaches, trials = [], list[SizeTrial]()
    for planes in groups:
        reach, tried = _find_reach(planes, stride, bias, threads)
        reaches.append(reach)
        trials = tried if len(tried) > len(trials) else trials
    up, down, left, right = (max(sides) for sides in zip(*reaches, strict=True))
    return (kernel_size(up, down), kernel_size(left, right)), tuple(trials)


def _find_reach(
    planes: Sequence[Plane], stride: tuple[int, int], bias: bool, threads: int
) -> tuple[Reach, list[SizeTrial]]:
    found: tuple[Reach, list[SizeTrial]] = (Reach(0, 0, 0, 0), [])
    for largest in STAGES:
        side = _possible(planes, stride, largest)
        moments = _inner_moments(planes, (side, side), stride, bias, threads)
        if moments is None:
            break
        normal = _Nested(moments, bias, side)
        rings = _rings(side)
        squares = normal.squares(rings)
        counts = np.cumsum([len(ring) for ring in rings])
        chosen = _choose(squares, counts, moments)
        trials = [
            SizeTrial((2 * at + 1, 2 * at + 1), float(np.sqrt(value / moments.count)))
            for at, value in enumerate(squares)
        ]
        found = _trim(normal, chosen), trials
        # Per pixel to spare: more weights fit chance better, too.
        each = squares / (moments.count - counts)
        falling = side > 3 and each[-1] < STILL_FALLING * each[-3]
        if side < largest or not falling or squares[-1] <= NOTHING * moments.variation:
            break
    return found


def _possible(planes: Sequence[Plane], stride: tuple[int, int], largest: int) -> int:
    """Return the largest odd size up to `largest` that the pictures have pixels enough for."""
    for side in range(largest, 1, -2):
        frame = Frame((side, side), stride, PadMode.REFLECT)
        inner = [interior(plane, frame) for plane in planes]
        if sum(plane.samples for plane in inner if plane is not None) > SPARE * side**2:
            return side
    return 1


def _inner_moments(
    planes: Sequence[Plane], size: tuple[int, int], stride: tuple[int, int], bias: bool, threads: int
) -> Moments | None:
    frame = Frame(size, stride, PadMode.VALID)
    found = [interior(plane, frame._replace(mode=PadMode.REFLECT)) for plane in planes]
    inner = [part for plane in found if plane is not None for part in _thinned(plane, frame)]
    inner = [plane for plane in inner if plane.samples]
    if not inner:
        return None
    return sum_moments(inner, frame, Centre.of(inner) if bias else Centre(), threads)


def _thinned(plane: Plane, frame: Frame) -> list[Plane]:
    """Return bands of the plane that are spread over its height, or all of it where that is not too much."""
    height, width = plane.target.shape
    each = frame.taps * (frame.size[1] + 2)
    rows = int(WORK / (each * width))
    if rows >= height:
        return [plane]
    kh, step = frame.size[0], frame.stride[0]
    # Each band costs twice the kernel's height in rows of its own.
    bands = max(1, min(BANDS, rows // (4 * kh)))
    high = max(1, rows // bands)
    parts = []
    for first in np.linspace(0, height - high, bands).astype(int):
        into = slice(int(first), int(first) + high)
        of = slice(int(first) * step, (int(first) + high - 1) * step + kh)
        keep = None if plane.keep is None else plane.keep[into]
        parts.append(Plane(plane.image[of], plane.target[into], keep))
    return parts


class _Nested:
    """Residuals of kernels that hold one another, on the same pixels."""

    def __init__(self, moments: Moments, bias: bool, side: int) -> None:
        self.moments, self.side = moments, side
        normal = Normal(moments, bias, 0.0)
        self.gram, self.cross = normal.matrix, normal.right
        self.all = moments.variation if bias else moments.square

    def squares(self, groups: Sequence[Array]) -> Floats:
        """Return the sums of squares that are left with the first group of weights, the first two, ..."""
        order = np.concatenate(groups)
        gram = self.gram[np.ix_(order, order)]
        lower = _factor(gram)
        parts = _forward(lower, self.cross[order]) ** 2
        ends = np.cumsum([len(group) for group in groups]) - 1
        return np.asarray(np.maximum(self.all - np.cumsum(parts)[ends], 0))

    def weights(self, rows: int, columns: int) -> Floats:
        """Return the kernel that reaches so many pixels to each side."""
        away = np.abs(np.arange(self.side) - self.side // 2)
        taps = np.flatnonzero(((away <= rows)[:, None] & (away <= columns)).ravel())
        lower = _factor(self.gram[np.ix_(taps, taps)])
        half = _forward(lower, self.cross[taps])
        # The other half backwards: the same, turned round.
        found = _forward(lower.T[::-1, ::-1], half[::-1])[::-1]
        return found.reshape(2 * rows + 1, 2 * columns + 1)


def _factor(gram: Floats) -> Floats:
    """Return the Cholesky factor, lifted as little as it takes where the pictures leave directions open."""
    least = len(gram) * np.finfo(float).eps * max(float(np.diag(gram).max()), np.finfo(float).tiny)
    for lift in (0, 1, 10, 100):
        with suppress(np.linalg.LinAlgError):
            return np.linalg.cholesky(gram + lift * least * np.eye(len(gram)))
    return np.linalg.cholesky(gram + 1e4 * least * np.eye(len(gram)))


def _forward(lower: Floats, right: Floats) -> Floats:
    """Solve with a triangular matrix, block by block: NumPy alone would factorise it again."""
    left, parts = right.copy(), []
    for begin in range(0, len(left), BLOCK):
        block = slice(begin, begin + BLOCK)
        parts.append(np.linalg.solve(lower[block, block], left[block]))
        left[block.stop :] -= lower[block.stop :, block] @ parts[-1]
    return np.concatenate(parts)


def _rings(side: int) -> list[Array]:
    """Return the indices of the weights at each distance from the centre, the largest coordinate counting."""
    away = np.abs(np.arange(side) - side // 2)
    distance = np.maximum(away[:, None], away).ravel()
    return [np.flatnonzero(distance == at) for at in range(side // 2 + 1)]


def _choose(squares: Floats, counts: Array, moments: Moments) -> int:
    """Return which of nested kernels is the smallest that is as good as any."""
    floor = NOTHING * max(moments.variation, np.finfo(float).tiny)
    left = np.maximum(squares, floor)
    scores = moments.count * np.log(left) + counts * np.log(max(2, moments.count))
    best = int(np.argmin(scores))
    return int(np.flatnonzero(left[: best + 1] <= left[best] * (1 + WORTH))[0])


def _trim(nested: _Nested, ring: int) -> Reach:
    """Return how far the kernel reaches within ``ring`` pixels, on each side."""
    side, centre = nested.side, nested.side // 2
    ends = [centre - ring, centre + ring, centre - ring, centre + ring]
    for which in range(4):
        axis, upper = divmod(which, 2)
        grid = np.zeros((side, side), bool)
        grid[ends[0] : ends[1] + 1, ends[2] : ends[3] + 1] = True
        at = np.indices((side, side))[axis]
        # From what is surely kept outwards, line by line.
        lines = range(centre, ends[which] + 1) if upper else range(centre, ends[which] - 1, -1)
        beyond = at < centre if upper else at > centre
        groups = [np.flatnonzero((grid & (beyond | (at == centre))).ravel())]
        groups += [np.flatnonzero((grid & (at == line)).ravel()) for line in lines if line != centre]
        squares = nested.squares(groups)
        counts = np.cumsum([len(group) for group in groups])
        chosen = _choose(squares, counts, nested.moments)
        ends[which] = centre + chosen if upper else centre - chosen
    found = Reach(centre - ends[0], ends[1] - centre, centre - ends[2], ends[3] - centre)
    return found if found.up == found.down and found.left == found.right else _evened(nested, found)


def _evened(nested: _Nested, reach: Reach) -> Reach:
    """Return the reach with those lines back whose weights are about as large as those across the centre.

    Where a symmetric kernel fades into noise, chance alone would decide on which side it ends first.
    """
    centre = nested.side // 2
    up, left = max(reach.up, reach.down), max(reach.left, reach.right)
    weights = nested.weights(up, left)
    ends = list(reach)
    for which, (lines, middle) in enumerate(((weights, up), (weights.T, left))):
        norms = np.linalg.norm(lines, axis=1)
        for near, sign in ((2 * which, -1), (2 * which + 1, 1)):
            far = reach[near - 1 if sign > 0 else near + 1]
            while ends[near] < min(far, centre):
                step = sign * (ends[near] + 1)
                if norms[middle + step] < ALIKE * norms[middle - step]:
                    break
                ends[near] += 1
    return Reach(*ends)
