"""Convolution layers of neural networks: each output channel sums over all input channels of its group."""

import numpy as np
from numpy.typing import ArrayLike

from convcli.choices import PadMode
from convcli.engine.arrays import Array, as_array, as_number, working_dtype
from convcli.engine.layers import im2col
from convcli.engine.threads import thread_count
from convcli.engine.window import Window, check_growth
from convcli.errors import GeometryError, KernelError, UsageError
from convcli.parsing import as_pair

__all__ = ["conv2d", "conv2d_window"]


def conv2d(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    groups: int = 1,
    pad: PadMode | str = "zero",
    pad_value: float = 0.0,
    jobs: int | None = None,
) -> Array:
    """Return ``y[n, o] = bias[o] + sum_c correlate(x[n, c], weight[o, c])``.

    Equal to ``torch.nn.functional.conv2d`` on a padded input, with every padding mode.

    Parameters
    ----------
    x : (C, H, W) or (N, C, H, W) array
        float64 and 32- and 64-bit integers are computed in float64, the others in float32.
    weight : (O, C/groups, kh, kw) array
        Finite weights.
    bias : (O,) array, optional
        Added to each output channel.
    stride, dilation : int or (rows, columns)
        Pixels from one window to the next, and from one tap of a window to the next.
    padding : int, (rows, columns), ((top, bottom), (left, right)), "same", "full" or "valid"
        Pixels of padding on each side.
    groups : int
        Input and output channels are split into this many equal groups, each computed on its own.
    pad, pad_value
        Padding mode and value, as for :func:`convcli.engine.correlation.correlate.correlate`.
    jobs : int, optional
        Threads; the result is the same to the last bit for any number. Default: one per core.

    Returns
    -------
    (O, H', W') or (N, O, H', W') array

    Raises
    ------
    KernelError
        `weight` is not 4-D, or weights or bias are not finite.
    GeometryError
        Channels do not match, or the kernel is larger than the padded input.
    UsageError
        Another argument is malformed.

    References
    ----------
    Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
    """
    given, weights = as_array(x, "input", GeometryError), as_array(weight, "weight", KernelError)
    parts = as_pair(groups, "groups")[0]
    _check(given, weights, parts)
    window = Window.parse(
        weights.shape[2:], stride=stride, padding=padding, dilation=dilation, pad=pad, pad_value=pad_value
    )
    return _multiply(given, weights, bias, window, parts, jobs)


def conv2d_window(
    given: Array,
    weights: Array,
    bias: ArrayLike | None,
    window: Window,
    *,
    groups: int = 1,
    jobs: int | None = None,
) -> Array:
    """Return :func:`conv2d` of arguments that are parsed: `window` has the size of `weights`."""
    _check(given, weights, groups)
    return _multiply(given, weights, bias, window, groups, jobs)


@np.errstate(all="ignore")
def _multiply(
    given: Array, weights: Array, bias: ArrayLike | None, window: Window, groups: int, jobs: int | None
) -> Array:
    work = np.result_type(working_dtype(given.dtype), working_dtype(weights.dtype))
    outputs, depth = weights.shape[:2]
    images = given if given.ndim == 4 else given[np.newaxis]
    size = window.output_size(images.shape[2:])
    check_growth(images.shape[2:], size, f"result in {outputs} maps", outputs, "use fewer outputs")
    window = window.reduced(images.shape[2:], size)
    as_number(window.pad_value, "pad value", work)
    result = np.empty((len(images), groups, outputs // groups, *size), work)
    im2col.multiply(
        images.reshape(len(images), groups, depth, *images.shape[2:]),
        weights.astype(work, copy=False).reshape(groups, -1, *weights.shape[1:]),
        _bias(bias, outputs).astype(work).reshape(groups, -1, 1),
        window,
        result,
        thread_count(jobs),
    )
    shaped = result.reshape(len(images), outputs, *size)
    return shaped if given.ndim == 4 else shaped[0]


def _check(x: Array, weights: Array, groups: int) -> None:
    if x.ndim not in (3, 4) or 0 in x.shape:
        raise GeometryError(
            f"input of shape {x.shape} is not C x H x W", hint="give C x H x W or N x C x H x W"
        )
    if weights.ndim != 4 or 0 in weights.shape:
        raise KernelError(f"weight of shape {weights.shape} is not O x C x kh x kw", hint="give four axes")
    if not np.isfinite(weights).all():
        raise KernelError("weight has values that are not finite numbers", hint="replace NaN and infinity")
    channels, outputs, depth = x.shape[-3], weights.shape[0], weights.shape[1]
    if channels != depth * groups:
        expected = f"{depth}" if groups == 1 else f"{groups} groups of {depth}"
        raise GeometryError(
            f"input has {channels} channels, weight expects {expected}",
            hint="make them the same, or set groups",
        )
    if outputs % groups:
        raise UsageError(f"{outputs} outputs do not divide into {groups} groups", hint="change groups")


def _bias(bias: ArrayLike | None, outputs: int) -> Array:
    shift = np.zeros(outputs) if bias is None else as_array(bias, "bias", KernelError)
    if shift.shape != (outputs,):
        raise GeometryError(f"bias of shape {shift.shape} is not ({outputs},)", hint="one per output")
    if not np.isfinite(shift).all():
        raise KernelError("bias has values that are not finite numbers", hint="replace NaN and infinity")
    return shift
