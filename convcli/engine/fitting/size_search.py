"""The size of a kernel: grown until the residual stops falling, then trimmed of rows and columns of zeros.

Sizes are compared on the same outputs, those whose windows of the largest size read no padding. One Cholesky
factorisation of the normal equations, its weights ordered from the centre outwards, gives the residual of
every size: with ``G = L L^T`` and ``z = L^-1 g`` the first n weights explain ``z[0]^2 + ... + z[n-1]^2``.

A larger size must earn its weights: it is taken if it lowers Schwarz's criterion
``n log(squares / n) + q log n`` for n pixels and q weights, and if it lowers the sum of squares by more than
a thousandth. Residuals of a millionth of the targets' standard deviation count as none.

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
from convcli.engine.fitting.data import Plane, TrainingPair, check_size, interiors
from convcli.engine.fitting.moments import Moments, sum_moments
from convcli.engine.fitting.normal_equations import NormalEquations
from convcli.engine.fitting.target_sizes import check_targets, fits, proven_size, valid_size
from convcli.engine.window import Window

__all__ = ["AUTO", "ROUNDING_SQUARES", "STAGE_SIDES", "SizeTrial", "find_size", "kernel_size"]

# The value of `size` and `pad` that asks for a search.
AUTO = "auto"

# Largest kernel side in each stage, in pixels; a next stage follows if the residual still falls at the end.
STAGE_SIDES = (15, 31, 63)

# Multiplications in the sums of a stage, at most: of larger pictures, only bands spread over their height are
# summed.
MAX_MULTIPLICATIONS = 1.5e10

# Number of such bands, at most.
MAX_BANDS = 8

# Ratio of the residual variances of the last two odd sizes of a stage, below which the next stage follows.
STILL_FALLING = 0.97

# Relative decrease of the sum of squares by which a size, a row or a column must lower it to be kept.
MIN_DECREASE = 1e-3

# Sums of squares up to this share of the targets' count as rounding.
ROUNDING_SQUARES = 1e-12

# Rows of a triangular matrix that are solved at a time by forward substitution.
BLOCK_ROWS = 64

# A row of weights is kept with its mirror image across the centre where its norm is at least this share of
# the image's.
MIRROR_SHARE = 0.2

# Outputs per weight, at least, for a size to be tried.
SAMPLES_PER_WEIGHT = 2


class SizeTrial(NamedTuple):
    """One kernel size, and the root mean square of its residuals."""

    size: tuple[int, int]
    rms: float


class Reach(NamedTuple):
    """How far a kernel reaches from its anchor: rows up and down, columns left and right."""

    up: int
    down: int
    left: int
    right: int


def kernel_size(near: int, far: int) -> int:
    """Return the smallest size that reaches `near` pixels before its anchor and `far` after it.

    An even size reaches one pixel further after its anchor, as with ``same`` padding.
    """
    return max(2 * near + 1, 2 * far)


def find_size(
    size: object,
    mode: PadMode | None,
    pairs: Sequence[TrainingPair],
    groups: Sequence[Sequence[Plane]],
    stride: tuple[int, int],
    bias: bool,
    threads: int,
) -> tuple[tuple[int, int], tuple[SizeTrial, ...]]:
    """Return the kernel size, given or for ``auto`` large enough for all `groups`, and the sizes tried.

    A `mode` of None is to be found: it is ``valid`` where the targets are smaller.
    """
    if size != AUTO:
        return check_size(size), ()
    same = Window.of((1, 1), stride, mode=mode or PadMode.REFLECT)
    found = None
    if mode is PadMode.VALID:
        found = valid_size(pairs, stride, bias)
    elif mode is None and not all(fits(pair, same) for pair in pairs):
        found = proven_size(pairs, stride, bias)
    if found is not None:
        return found, ()
    check_targets(pairs, same, auto=False, size_given=False)
    reaches, trials = [], list[SizeTrial]()
    for planes in groups:
        reach, tried = _find_reach(planes, stride, bias, threads)
        reaches.append(reach)
        trials = tried if len(tried) > len(trials) else trials
    up, down, left, right = map(max, zip(*reaches, strict=True))
    return (kernel_size(up, down), kernel_size(left, right)), tuple(trials)


def _find_reach(
    planes: Sequence[Plane], stride: tuple[int, int], bias: bool, threads: int
) -> tuple[Reach, list[SizeTrial]]:
    found: tuple[Reach, list[SizeTrial]] = (Reach(0, 0, 0, 0), [])
    for largest in STAGE_SIDES:
        shape = _largest_shape(planes, stride, largest)
        side = max(shape)
        moments = _inner_moments(planes, Window.of(shape, stride), bias, threads)
        if moments is None:
            break
        nested = _NestedKernels(moments, bias, shape)
        rings = _rings(shape)
        squares = nested.squares(rings)
        counts = np.cumsum([len(ring) for ring in rings])
        chosen = _choose(squares, counts, moments)
        trials = [
            SizeTrial(_within(shape, 2 * at + 1), float(np.sqrt(value / moments.count)))
            for at, value in enumerate(squares)
        ]
        found = _trim(nested, chosen), trials
        # Unbiased estimates: more weights also fit the noise better.
        variances = squares / (moments.count - counts)
        falling = side > 3 and variances[-1] < STILL_FALLING * variances[-3]
        if side < largest or not falling or squares[-1] <= ROUNDING_SQUARES * moments.variation:
            break
    return found


def _largest_shape(planes: Sequence[Plane], stride: tuple[int, int], largest: int) -> tuple[int, int]:
    """Return the largest odd square up to `largest` for which the pictures have enough windows.

    Along an axis where all pictures have one pixel, as signals have one row, it has one, too.
    """
    rows, columns = (max(plane.image.shape[axis] for plane in planes) for axis in (0, 1))
    for side in range(largest, 1, -2):
        shape = (1 if rows == 1 else side, 1 if columns == 1 else side)
        inner = interiors(planes, Window.of(shape, stride))
        if sum(plane.samples for plane in inner) > SAMPLES_PER_WEIGHT * shape[0] * shape[1]:
            return shape
    return 1, 1


def _within(shape: tuple[int, int], side: int) -> tuple[int, int]:
    return min(shape[0], side), min(shape[1], side)


def _inner_moments(planes: Sequence[Plane], window: Window, bias: bool, threads: int) -> Moments | None:
    inner = interiors(planes, window)
    bands = [band for plane in inner for band in _spread_bands(plane, window) if band.samples]
    return sum_moments(bands, window.unpadded(), bias, threads) if bands else None


def _spread_bands(plane: Plane, window: Window) -> list[Plane]:
    """Return bands spread over an interior's height, or all of it within MAX_MULTIPLICATIONS."""
    height, width = plane.target.shape
    vertical, horizontal = window.axes
    rows = int(MAX_MULTIPLICATIONS / (window.taps * (horizontal.size + 2) * width))
    if rows >= height:
        return [plane]
    # A band costs twice the kernel's height in rows besides its own.
    bands = max(1, min(MAX_BANDS, rows // (4 * vertical.size)))
    rows = max(1, rows // bands)
    parts = []
    for first in map(int, np.linspace(0, height - rows, bands)):
        outputs, reads = slice(first, first + rows), slice(*vertical.reads(first, first + rows))
        keep = None if plane.keep is None else plane.keep[outputs]
        parts.append(Plane(plane.image[reads], plane.target[outputs], keep))
    return parts


class _NestedKernels:
    """Nested kernels, each with the weights of the one before and some more, fitted from the same moments."""

    def __init__(self, moments: Moments, bias: bool, shape: tuple[int, int]) -> None:
        self.moments, self.shape = moments, shape
        normal = NormalEquations(moments, bias, 0.0)
        self.gram, self.cross = normal.matrix, normal.right
        self.total = moments.variation if bias else moments.square

    def squares(self, groups: Sequence[Array]) -> Floats:
        """Return the sums of squared residuals with the first group of weights, the first two, and so on."""
        order = np.concatenate(groups)
        explained = _forward(_factor(self.gram[np.ix_(order, order)]), self.cross[order]) ** 2
        ends = np.cumsum([len(group) for group in groups]) - 1
        return np.asarray(np.maximum(self.total - np.cumsum(explained)[ends], 0))

    def weights(self, rows: int, columns: int) -> Floats:
        """Return the weights of the kernel that reaches `rows` and `columns` from its centre."""
        down, across = _away(self.shape)
        taps = np.flatnonzero(((down <= rows) & (across <= columns)).ravel())
        lower = _factor(self.gram[np.ix_(taps, taps)])
        half = _forward(lower, self.cross[taps])
        # Back substitution is forward substitution with the order of the unknowns reversed.
        found = _forward(lower.T[::-1, ::-1], half[::-1])[::-1]
        return found.reshape(2 * rows + 1, 2 * columns + 1)


def _factor(gram: Floats) -> Floats:
    """Cholesky factor of the Gram matrix.

    It adds the smallest ridge that makes a singular one positive definite.
    """
    rounding = len(gram) * np.finfo(float).eps * max(float(np.diag(gram).max()), np.finfo(float).tiny)
    for ridge in (0, 1, 10, 100):
        with suppress(np.linalg.LinAlgError):
            return np.linalg.cholesky(gram + ridge * rounding * np.eye(len(gram)))
    return np.linalg.cholesky(gram + 1e4 * rounding * np.eye(len(gram)))


def _forward(lower: Floats, right: Floats) -> Floats:
    """Forward substitution, block by block: ``np.linalg.solve`` would factorise the whole matrix again."""
    left, parts = right.copy(), []
    for begin in range(0, len(left), BLOCK_ROWS):
        block = slice(begin, begin + BLOCK_ROWS)
        parts.append(np.linalg.solve(lower[block, block], left[block]))
        left[block.stop :] -= lower[block.stop :, block] @ parts[-1]
    return np.concatenate(parts)


def _away(shape: tuple[int, int]) -> tuple[Array, Array]:
    """Return how far each row (a column of numbers) and each column (a row) are from the centre."""
    down, across = (np.abs(np.arange(side) - side // 2) for side in shape)
    return down[:, None], across


def _rings(shape: tuple[int, int]) -> list[Array]:
    """Return the indices of the weights at each Chebyshev distance from the centre."""
    distance = np.maximum(*_away(shape)).ravel()
    return [np.flatnonzero(distance == at) for at in range(max(shape) // 2 + 1)]


def _choose(squares: Floats, counts: Array, moments: Moments) -> int:
    """Return the index of the smallest nested kernel that explains about as much as the best."""
    floor = ROUNDING_SQUARES * max(moments.variation, np.finfo(float).tiny)
    left = np.maximum(squares, floor)
    scores = moments.count * np.log(left) + counts * np.log(max(2, moments.count))
    best = int(np.argmin(scores))
    return int(np.flatnonzero(left[: best + 1] <= left[best] * (1 + MIN_DECREASE))[0])


def _trim(nested: _NestedKernels, ring: int) -> Reach:
    """Return how far the kernel reaches on each side, at most `ring` pixels."""
    centres = [side // 2 for side in nested.shape]
    ends = [end for centre in centres for end in (max(0, centre - ring), centre + min(centre, ring))]
    for which in range(4):
        axis, upper = divmod(which, 2)
        centre = centres[axis]
        grid = np.zeros(nested.shape, bool)
        grid[ends[0] : ends[1] + 1, ends[2] : ends[3] + 1] = True
        at = np.indices(nested.shape)[axis]
        # From the centre outwards, row by row or column by column; the opposite half is kept.
        lines = range(centre, ends[which] + 1) if upper else range(centre, ends[which] - 1, -1)
        opposite = at <= centre if upper else at >= centre
        groups = [np.flatnonzero((grid & opposite).ravel())]
        groups += [np.flatnonzero((grid & (at == line)).ravel()) for line in lines if line != centre]
        squares = nested.squares(groups)
        counts = np.cumsum([len(group) for group in groups])
        chosen = _choose(squares, counts, nested.moments)
        ends[which] = centre + chosen if upper else centre - chosen
    down, across = centres
    found = Reach(down - ends[0], ends[1] - down, across - ends[2], ends[3] - across)
    return found if found.up == found.down and found.left == found.right else _evened(nested, found)


def _evened(nested: _NestedKernels, reach: Reach) -> Reach:
    """Return the reach extended by rows and columns whose norm is comparable to their mirror images'.

    Where a symmetric kernel fades into noise, trimming ends sooner on one side by chance alone.
    """
    up, left = max(reach.up, reach.down), max(reach.left, reach.right)
    weights = nested.weights(up, left)
    ends = list(reach)
    for which, (lines, middle) in enumerate(((weights, up), (weights.T, left))):
        norms = np.linalg.norm(lines, axis=1)
        for near, sign in ((2 * which, -1), (2 * which + 1, 1)):
            opposite = reach[near - 1 if sign > 0 else near + 1]
            while ends[near] < min(opposite, nested.shape[which] // 2):
                step = sign * (ends[near] + 1)
                if norms[middle + step] < MIRROR_SHARE * norms[middle - step]:
                    break
                ends[near] += 1
    return Reach(*ends)
