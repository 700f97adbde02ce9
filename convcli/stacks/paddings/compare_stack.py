"""Compares every padding mode of a stack with the result of true pixels in place of padding."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convcli.choices import PadMode
from convcli.engine.arrays import Array, Floats, check_magnitude
from convcli.errors import GeometryError
from convcli.stacks.convolutions import Convolution, KernelConv
from convcli.stacks.layers import Normalize, channels_last
from convcli.stacks.paddings.affected_border import affected, has_border, needed, switched, unpadded
from convcli.stacks.paddings.border_band import Band, Comparison, best, compare_result, data_range
from convcli.stacks.stack import Stack
from convcli.stacks.trace import plan, run

__all__ = ["ALL_MODES", "Apart", "Compared", "compare_stack", "rounding"]

# All modes, in the order of the report.
ALL_MODES = tuple(PadMode)

# Differences below this share of the largest possible result count as rounding: some 500 times float64's
# epsilon.
ROUNDING_SHARE = 1e-13


class Apart(NamedTuple):
    """Mean and largest absolute difference of two results over the band."""

    mean: float
    largest: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Compared:
    """The comparison of all modes on one picture.

    Attributes
    ----------
    modes
        The errors of each.
    band
        The border band, in pixels of the result.
    truth : (H, W) or (H, W, C) array
        The reference.
    measured
        Whether the reference is the truth; else it is the median of the modes.
    peak
        The range of the data, for PSNR and SSIM.
    apart
        How far each mode's result is from that of the best (or the nearest to the median); NaN for ``valid``.
    """

    modes: list[Comparison]
    band: Band
    truth: Array
    measured: bool
    peak: float
    apart: Mapping[PadMode, Apart]


@np.errstate(all="ignore")
def compare_stack(
    stack: Stack,
    x: Array,
    *,
    larger: Array | None = None,
    offset: tuple[int, int] = (0, 0),
    pads: Sequence[PadMode] = ALL_MODES,
    pad_value: float = 0.0,
    peak: float | None = None,
    keep: bool = True,
    jobs: int | None = None,
) -> Compared:
    """Compare every padding mode in all convolutions of a stack, computed in float64.

    Parameters
    ----------
    stack : Stack
    x : (C, H, W) array
        The picture.
    larger : (C, H', W') array, optional
        The picture from which `x` was cut: with its pixels in place of padding the results are the truth.
        Without it, the modes are compared with the median of their results.
    offset : (row, column)
        Position of `x` in it.
    pads : modes
        The modes to compare. ``valid`` gives the results that do not depend on padding, and NaN elsewhere.
    pad_value : float
        Padding value of mode ``constant``.
    peak : float, optional
        The range of the data, for PSNR and SSIM; by default that of the truth.
    keep : bool
        Whether to keep the arrays of errors, which takes much memory, beside the figures.

    Raises
    ------
    GeometryError
        The layers do not fit the picture, all or no results depend on padding, or `larger` has too few pixels
        around it.
    """
    x = x.astype(np.float64)
    size = (x.shape[1], x.shape[2])
    for pixels in (x, larger):
        if pixels is not None:
            check_magnitude(pixels, "picture")
    plan(stack, (x.shape[0], *size))
    band = affected(stack, size)
    exact = None
    if larger is not None:
        exact = unpadded(stack, _around(stack, larger, offset, size).astype(np.float64), size, jobs)
    if not any(band):
        raise GeometryError("no result sees a made-up pixel: there is nothing to compare", hint=_hint(stack))
    computed = pads if exact is not None else ALL_MODES
    results: Iterable[tuple[PadMode, Array]] = _results(stack, x, band, computed, pad_value, jobs)
    if exact is None:
        results = list(results)
        # ``constant`` with 0 equals ``zero``, and is not counted twice.
        left_out = (PadMode.VALID,) if pad_value else (PadMode.VALID, PadMode.CONSTANT)
        exact = np.median(np.stack([made for pad, made in results if pad not in left_out]), axis=0)
    truth = np.ascontiguousarray(channels_last(exact))
    extent = peak or data_range(truth)
    limits = band.within((truth.shape[0], truth.shape[1]))
    inside = limits.mask((truth.shape[0], truth.shape[1]))
    found, errors = {}, {}
    for pad, made in results:
        if pad not in pads:
            continue
        result = np.ascontiguousarray(channels_last(made))
        tolerance = rounding(stack, x, pad_value if pad is PadMode.CONSTANT else 0.0, made)
        one = compare_result(pad, result, truth, limits, peak=extent, tolerance=tolerance)
        errors[pad] = one.error[inside]
        found[pad] = one if keep else one.without_arrays()
    modes = [found[pad] for pad in pads]
    measured, apart = larger is not None, _apart(modes, errors)
    return Compared(modes=modes, band=band, truth=truth, measured=measured, peak=extent, apart=apart)


def _apart(modes: Sequence[Comparison], errors: Mapping[PadMode, Floats]) -> dict[PadMode, Apart]:
    """Compare each mode's errors in the band with those of the best."""
    order = best(modes)
    first: Floats | float = errors[order[0].pad] if order else np.nan
    differences = {pad: np.abs(error - first) for pad, error in errors.items()}
    return {pad: Apart(float(each.mean()), float(each.max())) for pad, each in differences.items()}


def _results(
    stack: Stack, x: Array, band: Band, pads: Sequence[PadMode], pad_value: float, jobs: int | None
) -> Iterator[tuple[PadMode, Array]]:
    """Yield results, C x H x W, those of `pads` among them, one at a time: they may be large.

    That of ``zero`` gives those of ``valid`` and, where it pads with 0, of ``constant``.
    """
    from_zero = [PadMode.ZERO, PadMode.VALID, *([] if pad_value else [PadMode.CONSTANT])]
    for pad in dict.fromkeys(PadMode.ZERO if pad in from_zero else pad for pad in pads):
        made, _ = run(switched(stack, pad, pad_value), x, jobs=jobs)
        yield pad, made
        if pad is PadMode.ZERO:
            if not pad_value:
                yield PadMode.CONSTANT, made
            made = made.copy()
            made[:, band.mask((made.shape[1], made.shape[2]))] = np.nan
            yield PadMode.VALID, made


def _hint(stack: Stack) -> str:
    if has_border(stack):
        return "no window reaches the padding"
    one = [each for each in stack.layers if isinstance(each, KernelConv) and each.window.size == (1, 1)]
    return "a kernel of 1 x 1 needs no padding" if one else "no layer of the stack pads"


def _around(stack: Stack, larger: Array, offset: tuple[int, int], size: tuple[int, int]) -> Array:
    """Return the pixels of `larger` that results of a picture of `size` at `offset` depend on."""
    cuts, margins = [], []
    for (first, last), at, n, full in zip(needed(stack, size), offset, size, larger.shape[1:], strict=True):
        margins += [(max(0, -first), at), (max(0, last + 1 - n), full - at - n)]
        cuts.append(slice(at + first, at + last + 1))
    if any(read > known for read, known in margins):
        read, known = max(read for read, _ in margins), min(known for _, known in margins)
        raise GeometryError(
            f"results see {read} pixels beyond the picture, and {known} are known there",
            hint=f"give a margin of {read} or more, or fewer layers",
        )
    return larger[:, cuts[0], cuts[1]]


# Differences must be told apart from rounding to this share of what the kernels can make of the picture.
LEVELS = 256


def rounding(stack: Stack, x: Array, pad_value: float, result: Array) -> float:
    """Return the largest difference of results that counts as rounding, from sums in another order."""
    given, largest = max(_magnitude(x), abs(pad_value)), _magnitude(result)
    gain = 1.0  # largest ratio of a result to the input's peak, without activations and biases
    for layer in stack.layers:
        if isinstance(layer, Convolution):
            gain *= layer.gain
        elif isinstance(layer, Normalize):
            gain *= float(abs(layer.scale).max())
    check_magnitude(largest, "result")
    slack = min(ROUNDING_SHARE * max(given * gain, largest), 1e4 * ROUNDING_SHARE * max(given, largest))
    if given and slack > given * gain / LEVELS:
        raise GeometryError(
            f"results reach {largest:g}, beside which differences of pixels are lost to rounding",
            hint="use a smaller bias",
        )
    return slack


def _magnitude(values: Array) -> float:
    """Return the largest magnitude, ignoring NaN."""
    low, high = (float(extreme.reduce(values, axis=None)) for extreme in (np.fmin, np.fmax))
    return max(0.0, -low, high)  # 0 first: comparisons with NaN fail
