"""Correlation and convolution: arguments are parsed and checked here, then one method computes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from convcli.choices import Method, PadMode
from convcli.engine.arrays import (
    Array,
    Floats,
    as_array,
    as_dtype,
    as_number,
    as_picture,
    fits_short,
    working_dtype,
)
from convcli.engine.correlation import direct, fft, gemm, separable
from convcli.engine.correlation.plan import plan_for
from convcli.engine.correlation.task import Task
from convcli.engine.signals import as_rows, padded_beside
from convcli.engine.threads import thread_count
from convcli.engine.window import Window
from convcli.errors import KernelError, UsageError, shown
from convcli.limits import METHOD_WEIGHTS, MULTIPLY_ADDS, WINDOW
from convcli.parsing import as_pair

__all__ = ["as_weights", "check_weights", "convolve", "correlate", "correlate_window"]

# One thread is faster than several where
# ``results * (OVERHEAD + min(weights, MAX_COUNTED)) < ONE_THREAD_BELOW``; the methods for kernels of more
# weights take hardly longer for them.
ONE_THREAD_BELOW, MAX_COUNTED, OVERHEAD = 28_000_000, 49, 8

# Weights other than zero up to which sums in int16 are faster than in float32.
MAX_INT16_WEIGHTS = 16

# The function that computes each method.
_METHODS = {
    Method.DIRECT: direct.correlate,
    Method.SEPARABLE: separable.correlate,
    Method.GEMM: gemm.correlate,
    Method.FFT: fft.correlate,
}


def _takes_int16(method: Method, weights: Floats) -> bool:
    """Whether `method` is faster in int16 than in float32, where the sums fit into int16."""
    if method is Method.SEPARABLE:
        return separable.are_whole(separable.factors(weights, separable.FACTOR_DTYPE))
    return method is Method.DIRECT and int(np.count_nonzero(weights)) <= MAX_INT16_WEIGHTS


def correlate(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    pad: PadMode | str = "reflect",
    pad_value: float = 0.0,
    padding: object = "same",
    stride: object = 1,
    dilation: object = 1,
    bias: float = 0.0,
    method: Method | str = "auto",
    jobs: int | None = None,
    dtype: DTypeLike | None = None,
    out: Array | None = None,
    rows: tuple[int, int] | None = None,
) -> Array:
    """Slide `kernel` over `image`, unflipped: ``y[m, n] = bias + sum_ij x[m*s + i*d, n*s + j*d] k[i, j]``.

    Here x is the padded image.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array, or (N,) array
        Picture of any real type and any memory layout; each channel is filtered alike. Or a signal.
    kernel : (kh, kw) array, for a signal (k,)
        Finite weights.
    pad : PadMode or str
        Padding mode: any name that ``PadMode.parse`` knows.
    pad_value : float
        Padding value of mode ``constant``.
    padding : int, (rows, columns), ((top, bottom), (left, right)), "same", "full" or "valid"
        Pixels on each side; ``same`` puts the extra pixel of an even kernel at the bottom and right. Of a
        signal, the samples on each side, or (before, after).
    stride, dilation : int or (rows, columns)
        Pixels from one window to the next, and from one tap of a window to the next.
    bias : float
        Added to every sum.
    method : Method or str
        ``auto``, ``direct``, ``separable``, ``gemm`` or ``fft``: equal but for rounding.
    jobs : int, optional
        Threads; the result is the same to the last bit for any number. Default: one per core.
    dtype : dtype, optional
        Type of the result; by default the type computed in, float32 for bool, float16, float32 and 8- and
        16-bit integers, float64 for the others. Integers round half to even and saturate.
    out : array, optional
        Where to write the result; may not overlap `image`.
    rows : (first, end), optional
        Compute these rows of the result only; `end` is excluded. Equal to those of the whole but for
        rounding.

    Returns
    -------
    (H', W') or (H', W', C) array, for a signal (N',)
        ``H' = (H + top + bottom - d*(kh - 1) - 1) // s + 1``, or `rows` alone; `out` if that was given.

    Raises
    ------
    KernelError
        The kernel is empty, not finite, or not 2-D (for a signal 1-D).
    GeometryError
        The image is no picture, or smaller than the kernel even when padded.
    UsageError
        Another argument is malformed.

    Notes
    -----
    The error is at most ``3e-6 * sum|k| * max|x|`` in float32 and ``1e-12`` times that in float64, by any
    method; for FFT, max|x| is taken over a tile of some 256 x 512 pixels. Whole weights over whole pixels,
    of any type, give exact results where ``sum|k| * max|x|`` of the pixels given is below ``2**24`` in
    float32, ``2**53`` in float64. Weights of at least 0 over pixels of at least 0 give no negative result.

    Of a signal x and a kernel k that is not longer, ``np.correlate(x, k, "valid")`` is that of
    ``pad="valid"``, "full" of ``pad="zero", padding="full"``, and "same" of ``pad="zero"`` for odd kernels;
    NumPy centres even ones one sample later: ``padding=(len(k) // 2, len(k) // 2 - 1)``.

    References
    ----------
    Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
    """
    image, kernel, signal = as_rows(image, kernel)
    if signal:
        padding = padded_beside(padding)
    row = out[np.newaxis] if signal and isinstance(out, np.ndarray) else out
    picture, weights = as_picture(image), as_weights(kernel)
    window = Window.parse(
        weights.shape, stride=stride, padding=padding, dilation=dilation, pad=pad, pad_value=pad_value
    )
    method = Method.parse(method)
    result = correlate_window(
        picture, weights, window, bias=bias, method=method, jobs=jobs, dtype=dtype, out=row, rows=rows
    )
    return result if not signal else result[0] if out is None else out


@np.errstate(all="ignore")
def correlate_window(
    picture: Array,
    weights: Floats,
    window: Window,
    *,
    bias: float = 0.0,
    method: Method = Method.AUTO,
    jobs: int | None = None,
    dtype: DTypeLike | None = None,
    out: Array | None = None,
    rows: tuple[int, int] | None = None,
) -> Array:
    """Return :func:`correlate` of arguments that are parsed: `window` has the size of `weights`."""
    height, width = window.output_size(picture.shape)
    first, end = (0, height) if rows is None else _rows(rows, height)
    window = window.reduced(picture.shape, (height, width))
    range_of = working_dtype(picture.dtype)
    bias, _ = as_number(bias, "bias", range_of), as_number(window.pad_value, "pad value", range_of)
    result = _result(picture, (end - first, width, *picture.shape[2:]), dtype, out)
    (chosen, _), work, bound = plan_for(picture, weights, window, method, rows)
    if fits_short(weights, picture.dtype, result.dtype, bias, window.constant) and _takes_int16(
        chosen, weights
    ):
        work = np.dtype(np.int16)
    if method not in (Method.AUTO, Method.FFT):
        check_weights(method, weights.size)
        hint = "use --method fft, or leave the choice to auto"
        MULTIPLY_ADDS.check(weights.size * result.size, hint, what=f"method {method}: work of")
    task = Task(
        image=picture if picture.ndim == 3 else picture[:, :, None],
        kernel=weights,
        window=window,
        bias=bias,
        work=work,
        out=result if result.ndim == 3 else result[:, :, None],
        bound=bound,
        first_row=first,
    )
    threads = thread_count(jobs)
    few = result.size * (OVERHEAD + min(weights.size, MAX_COUNTED)) < ONE_THREAD_BELOW
    _METHODS[chosen](task, 1 if few else threads)
    return result


def convolve(image: ArrayLike, kernel: ArrayLike, **options: Any) -> Array:
    """Slide `kernel`, rotated by 180 degrees, over `image`: mathematical convolution.

    Everything else, the options included, is as for :func:`correlate`: signals and :func:`numpy.convolve` as
    there :func:`numpy.correlate`.

    Raises
    ------
    KernelError, GeometryError, UsageError
        As :func:`correlate`.
    """
    return correlate(image, np.flip(as_array(kernel, "kernel", KernelError)), **options)


def as_weights(kernel: ArrayLike) -> Floats:
    """Return a float64 copy of `kernel`; refuse one that is empty, not 2-D or not finite."""
    weights = as_array(kernel, "kernel", KernelError)
    if weights.ndim != 2 or weights.size == 0:
        raise KernelError(f"kernel of shape {weights.shape} is not a matrix", hint="give kh x kw numbers")
    with np.errstate(over="ignore", invalid="ignore"):  # what does not fit becomes inf
        weights = weights.astype(np.float64)
    if not np.isfinite(weights).all():
        raise KernelError("kernel has weights that are not finite", hint="replace NaN and infinity")
    return weights


def check_weights(method: Method, weights: int) -> None:
    """Refuse more weights than a method that was asked for can prepare in seconds."""
    hint = "use --method fft, or leave the choice to auto"
    METHOD_WEIGHTS.check(weights, hint, what=f"method {method}: the kernel's size")


def _rows(rows: tuple[int, int], height: int) -> tuple[int, int]:
    first, end = as_pair(rows, "rows", least=-WINDOW.most)
    if not 0 <= first < end <= height:
        raise UsageError(f"there are no rows {first} to {end} of {height}", hint="count from 0, end excluded")
    return first, end


def _result(picture: Array, shape: tuple[int, ...], dtype: DTypeLike | None, out: Array | None) -> Array:
    """Return the array to write to: `out`, if it fits, or a new one."""
    kind = as_dtype(dtype)
    if kind is not None and kind.kind not in "iuf":
        raise UsageError(f"result type {kind} is not supported", hint="choose an integer or float type")
    if out is None:
        return np.empty(shape, kind or working_dtype(picture.dtype))
    if not isinstance(out, np.ndarray):
        raise UsageError(f"out is {shown(out)}, not an array", hint="leave it out, or give a NumPy array")
    if out.shape != shape or out.dtype.kind not in "iuf" or kind not in (None, out.dtype):
        expected = f"{shape} {kind}" if kind else f"{shape}"
        raise UsageError(f"out is {out.shape} {out.dtype}, not {expected}", hint="leave it out, or fit it")
    if not out.flags.writeable:
        raise UsageError("out is read-only", hint="give an array that can be written to")
    if np.shares_memory(out, picture):
        raise UsageError("out overlaps the image", hint="give another array")
    return out
