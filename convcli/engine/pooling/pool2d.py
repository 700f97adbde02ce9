"""Pooling: arguments are parsed and checked here, then the function of a mode computes (modes.py).

Maxima, minima, averages and norms are computed in reductions.py, medians in medians.py.
"""

import numpy as np
from numpy.typing import ArrayLike

from convcli.choices import PadMode, PoolMode
from convcli.engine.arrays import Array, as_array, as_number, working_dtype
from convcli.engine.pad import as_type
from convcli.engine.pooling.medians import MAX_NETWORK_TAPS, network
from convcli.engine.pooling.modes import POOL, reduction
from convcli.engine.pooling.reductions import operations
from convcli.engine.pooling.windows import Pooling, PoolTask
from convcli.engine.threads import thread_count
from convcli.engine.window import Window
from convcli.errors import GeometryError, UsageError
from convcli.parsing import as_pair

__all__ = ["Pooling", "plan_pooling", "pool2d", "pool_picture", "pool_planes"]

# Samples read, or taps sorted for medians (results times taps of a window), below which one thread is faster
# than two.
ONE_THREAD_BELOW = 1 << 19

# P above which Lp pooling gives the largest absolute value: the roots of sums differ by less than rounding.
INFINITE_POWER = 1e18


def pool2d(
    x: ArrayLike,
    size: object,
    *,
    mode: PoolMode | str = "max",
    stride: object = None,
    padding: object = 0,
    dilation: object = 1,
    ceil: bool = False,
    count_include_pad: bool = True,
    p: float = 2,
    pad: PadMode | str | None = None,
    pad_value: float = 0.0,
    jobs: int | None = None,
) -> Array:
    """Reduce each window over the last two axes to one value.

    With ``w`` the ``kh * kw`` pixels ``x[m*s + i*d, n*s + j*d]`` of a window, ``y[m, n]`` is

    ======  ==========================================================
    max     the maximum of ``w``
    avg     ``sum(w) / count``
    min     the minimum of ``w``
    median  the median of ``w``; of an even number of pixels, the mean of the two middle ones
    lp      ``(sum |w|^p)^(1/p)``
    ======  ==========================================================

    Equal to ``torch.nn.functional``'s ``max_pool2d`` and ``avg_pool2d``; min is ``-max_pool2d(-x)``.

    Parameters
    ----------
    x : (..., H, W) array
        Pictures of any real type, with any number of leading axes.
    size : int or (rows, columns)
        Rows and columns of the window.
    mode : PoolMode or str
        ``max``, ``avg``, ``min``, ``median`` or ``lp``.
    stride : int or (rows, columns), optional
        Pixels from one window to the next; by default the size: windows neither overlap nor leave gaps.
    padding : int, (rows, columns), ((top, bottom), (left, right)), "same", "full" or "valid"
        Pixels of padding on each side.
    dilation : int or (rows, columns)
        Pixels from one tap of a window to the next.
    ceil : bool
        Let the last window extend past the padding at the bottom and right; it must begin in the picture or
        in the padding before it.
    count_include_pad : bool
        Whether padding counts as pixels of value 0 in an average; positions past the padding never count.
    p : float
        Exponent of the norm ``lp``, above 0; infinity gives the largest absolute value.
    pad : PadMode or str, optional
        By default padding is neutral: it is never the maximum or minimum, adds 0 to sums and is left out of
        medians. Any padding mode adds pixels that count like those of the picture instead.
    pad_value : float
        Padding value of mode ``constant``.
    jobs : int, optional
        Threads; the result is the same for any number. Default: one per core.

    Returns
    -------
    (..., H', W') array
        ``H' = (H + top + bottom - d*(kh - 1) - 1) // s + 1``, rounded up with `ceil`. max and min keep the
        type of `x`; the others are float32 for float16, float32, bool and 8- and 16-bit integers, else
        float64.

    Raises
    ------
    GeometryError
        `x` is no picture, the window is larger than the padded picture, or one would read no pixel at all.
    UsageError
        Another argument is malformed.

    Notes
    -----
    Every window that reads a NaN gives NaN, as in PyTorch. Differences from PyTorch: max pooling of windows
    that read padding alone gives minus infinity there, and is refused here. ``lp_pool2d`` raises x
    itself to the power p, so that negative numbers count negative where p is odd (and a negative sum becomes
    NaN); it scales windows that extend past the padding as if they were whole; and it has no padding.

    References
    ----------
    Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016. Sliding maxima by
    doubling: van Herk, A fast algorithm for local minimum and maximum filters, 1992, has the same aim.
    """
    given = as_array(x, "input", GeometryError)
    if given.ndim < 2 or 0 in given.shape:
        raise GeometryError(
            f"input of shape {given.shape} is not a picture", hint="give H x W, C x H x W or N x C x H x W"
        )
    taps = as_pair(size, "size")
    window = Window.parse(
        taps,
        stride=taps if stride is None else stride,
        padding=padding,
        dilation=dilation,
        pad=pad,
        pad_value=pad_value,
    )
    return pool_planes(given, Pooling(window, PoolMode.parse(mode), ceil, count_include_pad, p), jobs)


def pool_planes(x: Array, how: Pooling, jobs: int | None = None) -> Array:
    """Return :func:`pool2d` of the last two axes of `x`."""
    pooled = _pool(x.reshape(-1, *x.shape[-2:], 1), how, jobs)
    result: Array = pooled.reshape(*x.shape[:-2], *pooled.shape[1:3])
    return result


def pool_picture(image: Array, how: Pooling, jobs: int | None = None) -> Array:
    """Return :func:`pool2d` of each channel of an H x W or H x W x C picture."""
    planes = image[np.newaxis, :, :, np.newaxis] if image.ndim == 2 else image[np.newaxis]
    pooled: Array = _pool(planes, how, jobs)[0]
    return pooled[:, :, 0] if image.ndim == 2 else pooled


def plan_pooling(how: Pooling) -> tuple[str, str]:
    """Return the name of the method that computes `how`, and the reason in words."""
    window, taps = how.window, how.window.taps
    if how.mode is PoolMode.MEDIAN:
        if taps > MAX_NETWORK_TAPS:
            return "sort", f"each window of {taps} pixels is sorted as far as its middle"
        return "network", f"{len(network(taps))} exchanges order the {taps} pixels of all windows at once"
    operation, (rows, columns) = reduction(how, np.dtype(np.float32)), window.axes
    down, along = operations(rows, operation), operations(columns._replace(stride=1), operation)
    name = "doubling" if down + along < sum(window.size) - 2 else "slices"
    return name, f"{down} + {along} operations on rows and columns, not {taps - 1} on each window"


@np.errstate(all="ignore")
def _pool(x: Array, how: Pooling, jobs: int | None) -> Array:
    if how.p != float("inf") and not as_number(how.p, "norm") > 0:
        raise UsageError(f"norm {how.p} is not above 0", hint="use 1, 2 or any greater number")
    if how.p > INFINITE_POWER:
        how = how._replace(p=np.inf)
    window = how.window
    if window.mode is not None and not how.count_include_pad:
        raise UsageError(
            f"pixels made up by pad {window.mode} always count", hint="leave pad or count_include_pad out"
        )
    size = window.output_size(x.shape[1:3], ceil=how.ceil, what="window")
    how = how._replace(window=window.reduced(x.shape[1:3], size))
    window = how.window
    if not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    work = working_dtype(x.dtype)
    if window.mode is PadMode.CONSTANT:
        as_number(window.pad_value, "pad value", work)
        as_type(window.pad_value, work if how.mode in (PoolMode.AVG, PoolMode.LP) else x.dtype)
    dtype = x.dtype if how.mode in (PoolMode.MAX, PoolMode.MIN) else work
    out = np.empty((x.shape[0], *size, x.shape[3]), dtype)
    task = PoolTask(x, out, how)
    _refuse_windows_of_padding(task)
    reads = max(x.size, out.size * (window.taps if how.mode is PoolMode.MEDIAN else 1))
    POOL[how.mode](task, 1 if reads < ONE_THREAD_BELOW else thread_count(jobs))
    return out


def _refuse_windows_of_padding(task: PoolTask) -> None:
    """Raise GeometryError where a window reads neutral padding alone, which has no maximum and no mean."""
    how = task.how
    sums = how.mode is PoolMode.LP or (how.mode is PoolMode.AVG and how.count_include_pad)
    if sums or how.window.mode is not None:
        return
    counts = task.taps_within(task.picture)
    for axis, n, taps, what in zip(task.axes, task.x.shape[1:3], counts, ("rows", "columns"), strict=True):
        if taps.min() == 0:
            raise GeometryError(
                f"padding of {axis.low} and {axis.high} {what} leaves windows of {axis.size} "
                f"without any pixel of the {n}",
                hint=f"pad {'less' if axis.dilation > 1 else f'at most {axis.size // 2}'}, "
                "or choose a padding mode, which makes pixels up",
            )
