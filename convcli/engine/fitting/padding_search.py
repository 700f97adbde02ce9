"""The search for a filter's padding: every mode is tried with the kernel that was fitted to the interior.

Only the border band of the targets is compared, whose windows read padding. For ``constant`` the padding
value is found too: predictions are linear in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from convcli.choices import FitMethod, PadMode
from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.data import Plane, inner_outputs, interiors
from convcli.engine.fitting.moments import sum_moments
from convcli.engine.fitting.normal_equations import NormalEquations
from convcli.engine.fitting.one_kernel import KernelFit, fit_planes
from convcli.engine.fitting.options import FitOptions
from convcli.engine.fitting.size_search import ROUNDING_SQUARES
from convcli.engine.fitting.windows import predict
from convcli.engine.threads import Scratch
from convcli.engine.tiles import Piece
from convcli.engine.window import Window
from convcli.limits import LEARNED_WEIGHTS

__all__ = ["COPIED", "BorderTrial", "PaddingSearch", "find_padding"]

Groups = Sequence[Sequence[Plane]]

# Name of the "mode" of a border that is copied from the input unfiltered, as Pillow's ``ImageFilter.Kernel``
# does.
COPIED = "copied"

# Modes without a value to be found. Of equally good ones the first is chosen: the default, then the simplest.
FIXED_MODES = ("reflect", "zero", "replicate", "symmetric", "wrap")

# All modes that are tried.
TRIED_MODES = (*FIXED_MODES, "constant", COPIED)

# Modes whose residuals differ by at most this relative amount count as equally good.
EQUAL_WITHIN = 1e-3

# Residuals up to this share of the targets' standard deviation count as rounding.
ROUNDING_SHARE = 1e-7

# A border residual up to this multiple of the interior's counts as explained by the padding.
EXPLAINED_RATIO = 2.0

# So does one up to this share of the targets' standard deviation.
EXPLAINED_SHARE = 1e-6

# The other anchor of an even kernel is chosen where its sum of squared residuals is below this share of the
# sum of the default anchor, that of ``same`` padding.
OTHER_ANCHOR = 0.5


class BorderTrial(NamedTuple):
    """One padding mode, and how well it explains the target's border.

    Attributes
    ----------
    mode : str
        A mode of ``PadMode`` other than ``valid``, or ``copied``: the target's border is the input's own.
    rms : float
        Root mean square of the residuals over the border band, with the kernel of the interior; where that is
        too small, over the whole target with a kernel of its own.
    value : float or None
        The padding value that fits best, for mode ``constant``.
    best : bool
        Whether no mode is better; true of several where modes are equally good.
    """

    mode: str
    rms: float
    value: float | None
    best: bool


class PaddingSearch(NamedTuple):
    """The padding that was found or given, and the planes to be fitted with it.

    Attributes
    ----------
    groups
        Planes that share a kernel; interiors where no padding explains the border.
    window : Window
        With the padding; one row or column larger where an even kernel has the other anchor.
    trials, fits, copied
        As `borders`, `border_fits` and `copied` of ``Fit``.
    taps : array of indices or None
        Indices of the window's weights that are fitted; None: all of them.
    """

    groups: Groups
    window: Window
    trials: tuple[BorderTrial, ...] = ()
    fits: bool = True
    copied: bool = False
    taps: Array | None = None

    @property
    def read_window(self) -> Window:
        """The window for `groups`: without padding where they are interiors."""
        return self.window.unpadded() if self.copied or not self.fits else self.window


def find_padding(
    groups: Groups, window: Window, options: FitOptions, threads: int, *, size_given: bool
) -> PaddingSearch:
    """Return the padding that explains the border best, with the kernel fitted to the interior.

    A kernel of an even size that was given may have the other anchor, as in some tools. One of a size that
    was found may be part of a larger, symmetric one with zeros: tools that copy the border copy it equally
    on each side.
    """
    if window.mode is PadMode.VALID:
        return PaddingSearch(groups, window)
    window, taps = _anchored(groups, window, options.bias, threads) if size_given else (window, None)
    margin = 0 if size_given else max(n // 2 for n in window.size)
    inner = [interiors(planes, window, margin) for planes in groups]
    fewest = min(sum(plane.samples for plane in planes) for planes in inner)
    exact = replace(options, method=FitMethod.LSTSQ, rate=None, batch=None)
    if fewest < (window.taps if taps is None else len(taps)) + options.bias:
        trials = _fit_each_mode(groups, window, exact, threads, taps)
        return PaddingSearch(groups, replace(window, mode=PadMode(trials[0].mode)), trials, taps=taps)
    kernels = [fit_planes(planes, window.unpadded(), exact, threads, taps) for planes in inner]
    rmse, deviation = _deviations(kernels)
    trials = _try_modes(groups, kernels, window, margin, deviation)
    fits = trials[0].rms <= EXPLAINED_RATIO * rmse + EXPLAINED_SHARE * deviation
    copied = fits and trials[0].mode == COPIED
    nearest = next(trial for trial in trials if trial.mode != COPIED)
    found = replace(window, mode=PadMode(nearest.mode), pad_value=nearest.value or 0.0)
    if copied or not fits:
        return PaddingSearch(inner, found, trials, fits, copied, taps)
    return PaddingSearch(groups, found, trials, taps=taps)


def _anchored(groups: Groups, window: Window, bias: bool, threads: int) -> tuple[Window, Array | None]:
    """Return the window, by anchor, in which an even kernel fits best, and its taps where they are fewer."""
    rows, columns = window.size
    size = (rows + 1 - rows % 2, columns + 1 - columns % 2)
    wide = Window.of(size, window.stride, mode=window.mode, pad_value=window.pad_value)
    inner = [interiors(planes, wide) for planes in groups]
    if (
        wide == window
        or wide.taps > LEARNED_WEIGHTS.most
        or not all(any(p.samples for p in each) for each in inner)
    ):
        return window, None
    grid = np.arange(wide.taps).reshape(wide.size)
    # The default anchor comes first: it leaves out the first row and column, as the extra pixel of ``same``
    # padding is at the bottom and right.
    tops, lefts = ((0,) if n % 2 else (1, 0) for n in window.size)
    anchors = [grid[top : top + rows, left : left + columns].ravel() for top in tops for left in lefts]
    moments = [sum_moments(planes, wide.unpadded(), bias, threads) for planes in inner]
    squares = [
        sum(NormalEquations(each.take(taps), bias, 0.0).squares for each in moments) for taps in anchors
    ]
    best, rounding = int(np.argmin(squares)), ROUNDING_SQUARES * sum(each.square for each in moments)
    found = squares[best] < OTHER_ANCHOR * squares[0] - rounding
    return (wide, anchors[best]) if found else (window, None)


def _fit_each_mode(
    groups: Groups, window: Window, options: FitOptions, threads: int, taps: Array | None
) -> tuple[BorderTrial, ...]:
    """Return every mode with the residual of its own kernel, where the interior is too small to fit one."""
    rms = {}
    for mode in FIXED_MODES:
        padded = replace(window, mode=PadMode(mode))
        kernels = [fit_planes(planes, padded, options, threads, taps) for planes in groups]
        rms[mode], deviation = _deviations(kernels)
    return _ranked(rms, min(rms.values()), deviation)


def _deviations(kernels: Sequence[KernelFit]) -> tuple[float, float]:
    """Return the root mean square of the residuals, and the standard deviation of the targets."""
    count = sum(kernel.residuals.samples for kernel in kernels)
    square = sum(kernel.residuals.square for kernel in kernels)
    return (square / count) ** 0.5, (sum(kernel.moments.variation for kernel in kernels) / count) ** 0.5


def _ranked(
    rms: Mapping[str, float], lowest: float, deviation: float, constant: float | None = None
) -> tuple[BorderTrial, ...]:
    """Return the modes by their residuals, first of all those that are about as low as `lowest`."""
    tolerated = lowest * (1 + EQUAL_WITHIN) + ROUNDING_SHARE * deviation
    trials = [
        BorderTrial(mode, left, constant if mode == "constant" else None, left <= tolerated)
        for mode, left in rms.items()
    ]
    return tuple(sorted(trials, key=lambda trial: (not trial.best, 0.0 if trial.best else trial.rms)))


def _try_modes(
    groups: Groups, kernels: Sequence[KernelFit], window: Window, margin: int, deviation: float
) -> tuple[BorderTrial, ...]:
    """Return every mode with its residual, the best first, and of equally good ones the simplest.

    The kernels, one for each of `groups`, are those of the interior; the band is at least `margin` pixels
    wide; `deviation` is the standard deviation of the targets.
    """
    scratch = Scratch()
    left: dict[str, list[Floats]] = {mode: [] for mode in TRIED_MODES}
    slopes: list[Floats] = []
    for planes, kernel in zip(groups, kernels, strict=True):
        total = float(kernel.weights.sum())
        for plane in planes:
            for area, keep in _band(plane, window, margin):
                here = (slice(area.y0, area.y1), slice(area.x0, area.x1))
                target = plane.target[here].astype(np.float64) - kernel.bias
                for mode in FIXED_MODES:
                    tried = replace(window, mode=PadMode(mode))
                    left[mode].append(
                        (target - predict(plane.image, tried, kernel.weights, area, scratch))[keep]
                    )
                ones = np.broadcast_to(np.float64(1), plane.image.shape)
                inside = predict(ones, replace(window, mode=PadMode.ZERO), kernel.weights, area, scratch)
                slopes.append((total - inside)[keep])
                own = plane.image[:: window.stride[0], :: window.stride[1]][here].astype(np.float64)
                left[COPIED].append((target + kernel.bias - own)[keep])
    constant, left["constant"] = _constant(left["zero"], slopes)
    rms = {mode: _rms(parts) for mode, parts in left.items()}
    count = sum(part.size for part in left["constant"])
    # Zero is a constant too: another value must lower Schwarz's criterion, as one more parameter.
    penalized = rms["constant"] * float(max(count, 1) ** (0.5 / max(count, 1)))
    lowest = min(penalized, *(value for mode, value in rms.items() if mode != "constant"))
    return _ranked({mode: rms[mode] for mode in TRIED_MODES}, lowest, deviation, constant)


def _band(plane: Plane, window: Window, margin: int) -> Iterator[tuple[Piece, Array]]:
    """Return the areas of outputs around the interior, each with the mask of its fitted values."""
    height, width = plane.target.shape
    ends = []
    for axis, n, count in zip(window.axes, plane.image.shape, plane.target.shape, strict=True):
        first, end = inner_outputs(axis, n, margin)
        first = min(count, first)
        ends.append((first, max(first, min(count, end))))
    (y0, y1), (x0, x1) = ends
    for area in (
        Piece(0, y0, 0, width),
        Piece(y1, height, 0, width),
        Piece(y0, y1, 0, x0),
        Piece(y0, y1, x1, width),
    ):
        if area.rows > 0 and area.columns > 0:
            shape = (area.rows, area.columns)
            here = (slice(area.y0, area.y1), slice(area.x0, area.x1))
            yield area, np.ones(shape, bool) if plane.keep is None else plane.keep[here]


def _constant(left: Sequence[Floats], slopes: Sequence[Floats]) -> tuple[float, list[Floats]]:
    """Return the padding value that minimises the residuals `left`, linear in it, and those residuals."""
    square = sum(float(slope @ slope) for slope in slopes)
    product = sum(float(slope @ part) for slope, part in zip(slopes, left, strict=True))
    value = product / square if square > 0 else 0.0
    return value, [part - value * slope for part, slope in zip(left, slopes, strict=True)]


def _rms(parts: Sequence[Floats]) -> float:
    count = sum(part.size for part in parts)
    return float(np.sqrt(sum(float(part @ part) for part in parts) / count)) if count else 0.0
