"""Tests of padding without a truth: bias by position, and translation equivariance and invariance."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import PadMode
from convcli.engine.arrays import Array, check_magnitude
from convcli.errors import GeometryError
from convcli.stacks.paddings.affected_border import affected, switched, total_stride
from convcli.stacks.paddings.compare_stack import rounding
from convcli.stacks.paddings.running_moments import RunningMoments
from convcli.stacks.stack import Stack
from convcli.stacks.trace import plan, run

__all__ = ["PADDED", "Agreement", "Bias", "Translation", "bias_maps", "translate", "whole_strides"]

# The modes that pad.
PADDED = tuple(pad for pad in PadMode if pad is not PadMode.VALID)


class Agreement(NamedTuple):
    """The agreement of two results over some positions.

    Attributes
    ----------
    mae, max
        Mean and largest absolute difference; rounding counts as 0, NaN where there are no positions.
    correlation
        Pearson's coefficient; NaN where a result is constant.
    differing, places
        Positions at which any channel differs, and all positions.
    """

    mae: float
    max: float
    correlation: float
    differing: int
    places: int


class Translation(NamedTuple):
    """Translation equivariance and invariance under one mode.

    Attributes
    ----------
    inside, border
        The result of the shifted picture against the shifted result, apart from and near the border and the
        seam where the picture's edges meet.
    unshifted
        The result of the shifted picture against the unshifted result, inside: how invariant it is.
    """

    pad: PadMode
    inside: Agreement
    border: Agreement
    unshifted: Agreement


class Bias(NamedTuple):
    """Mean and standard deviation of the results of many random pictures under one mode, C x H x W.

    `inside`, H x W, is true where no result depends on padding.
    """

    pad: PadMode
    moments: RunningMoments
    inside: NDArray[np.bool_]

    def regions(self, values: Array) -> tuple[float, float]:
        """Return the mean of C x H x W values inside and in the border band; NaN where there is none."""
        inner, outer = (
            float(part.mean()) if part.size else math.nan
            for part in (values[:, self.inside], values[:, ~self.inside])
        )
        return inner, outer

    def relative(self) -> tuple[Array, Array]:
        """Return maps of means and deviations, H x W x C, minus their mean inside, in deviations inside."""
        mean, deviation = self.moments.mean, self.moments.deviation
        where = self.inside if self.inside.any() else ~self.inside
        scale = deviation[:, where].mean(axis=1)[:, None, None]
        scale = np.where(scale > 0, scale, 1.0)
        maps = [(one - one[:, where].mean(axis=1)[:, None, None]) / scale for one in (mean, deviation)]
        return np.moveaxis(maps[0], 0, 2), np.moveaxis(maps[1], 0, 2)


@np.errstate(all="ignore")
def bias_maps(
    stack: Stack,
    pictures: Iterable[Array],
    *,
    pads: Sequence[PadMode] = PADDED,
    pad_value: float = 0.0,
    jobs: int | None = None,
) -> list[Bias]:
    """Pass many pictures of one size, C x H x W, through the stack under each mode.

    Over pictures whose statistics do not depend on position, neither should those of the results; where
    these depend on padding, they may.

    References
    ----------
    Alsallakh, Kokhlikyan, Miglani, Yuan and Reblitz-Richardson, Mind the Pad: CNNs can develop blind spots,
    ICLR 2021.
    """
    stacks = {pad: switched(stack, pad, pad_value) for pad in pads}
    found = {pad: RunningMoments() for pad in pads}
    size = (1, 1)
    for picture in pictures:
        size = (picture.shape[1], picture.shape[2])
        check_magnitude(picture, "picture")
        for pad, moments in found.items():
            moments.add(run(stacks[pad], picture, jobs=jobs)[0])
    band = affected(stack, size)
    if not any(band):
        raise GeometryError(
            "no result sees a made-up pixel: there is no bias to look for", hint="use a larger kernel"
        )
    return [Bias(pad, one, ~band.mask((one.mean.shape[1], one.mean.shape[2]))) for pad, one in found.items()]


def whole_strides(stack: Stack, shift: tuple[int, int]) -> bool:
    """Whether a shift of the picture is a whole number of pixels of the result."""
    return all((by / stride).is_integer() for by, stride in zip(shift, total_stride(stack), strict=True))


@np.errstate(all="ignore")
def translate(
    stack: Stack,
    x: Array,
    shift: tuple[int, int],
    *,
    pads: Sequence[PadMode] = PADDED,
    pad_value: float = 0.0,
    jobs: int | None = None,
) -> list[Translation]:
    """Compare the result of a shifted picture with the shifted result, and with the unshifted one.

    The picture, C x H x W, is shifted around its edges (what leaves on one side enters on the other), down
    and to the right. The shift of the result is the nearest whole number of its pixels.
    """
    strides = total_stride(stack)
    size = (x.shape[1], x.shape[2])
    x = x.astype(np.float64)
    check_magnitude(x, "picture")
    plan(stack, (x.shape[0], *size))
    band = affected(stack, size)
    moved = np.roll(x, shift, (1, 2))
    by = (round(shift[0] / strides[0]), round(shift[1] / strides[1]))
    found = []
    for pad in pads:
        layers = switched(stack, pad, pad_value)
        before, after = run(layers, x, jobs=jobs)[0], run(layers, moved, jobs=jobs)[0]
        made = (before.shape[1], before.shape[2])
        mask = band.mask(made)
        near = mask | np.roll(mask, by, (0, 1))
        known = _known(made, by, [n * s == full for n, full, s in zip(made, size, strides, strict=True)])
        tolerance = rounding(stack, x, pad_value if pad is PadMode.CONSTANT else 0.0, before)
        back = np.roll(before, by, (1, 2))
        pairs = ((back, known & ~near), (back, known & near), (before, known & ~near))
        found.append(Translation(pad, *(_agreement(after, other, at, tolerance) for other, at in pairs)))
    return found


def _known(made: tuple[int, int], by: tuple[int, int], closes: Sequence[bool]) -> NDArray[np.bool_]:
    """Return where the shifted result is known: everywhere if the strides divide the picture's size."""
    axes = []
    for n, shift, closed in zip(made, by, closes, strict=True):
        at = np.arange(n)
        axes.append(np.full(n, True) if closed else (at - shift >= 0) & (at - shift < n))
    return np.asarray(axes[0][:, None] & axes[1][None, :])


def _agreement(a: Array, b: Array, where: NDArray[np.bool_], tolerance: float) -> Agreement:
    difference = np.abs(a[:, where] - b[:, where])
    if not difference.size:
        return Agreement(math.nan, math.nan, math.nan, 0, 0)
    difference[difference <= tolerance] = 0.0
    differing = int(np.count_nonzero((difference != 0).any(axis=0)))
    one, other = a[:, where].ravel(), b[:, where].ravel()
    one, other = one - one.mean(), other - other.mean()
    scale = math.sqrt(float(one @ one) * float(other @ other))
    # Rounding of constant results must not count as correlation.
    varies = scale > tolerance * tolerance * one.size
    correlation = float(one @ other) / scale if varies else math.nan
    return Agreement(
        float(difference.mean()), float(difference.max()), correlation, differing, difference.shape[1]
    )
