"""``fit_kernel``: the kernel that turns one picture into another, by least squares or descent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from convcli.choices import FitMethod, Init, Loss, PadMode
from convcli.engine.arrays import Array, Floats, as_number
from convcli.engine.fitting.data import hold_out, read_pairs, split_channels
from convcli.engine.fitting.descent import Step
from convcli.engine.fitting.one_kernel import KernelFit, fit_planes
from convcli.engine.fitting.options import FitOptions, checked_count, checked_number
from convcli.engine.fitting.padding_search import BorderTrial, PaddingSearch, find_padding
from convcli.engine.fitting.residuals import Residuals
from convcli.engine.fitting.size_search import AUTO, SizeTrial, find_size
from convcli.engine.fitting.target_sizes import check_targets
from convcli.engine.signals import is_signal
from convcli.engine.threads import thread_count
from convcli.engine.window import Window
from convcli.errors import UsageError
from convcli.limits import BATCH, STEPS
from convcli.parsing import as_pair

__all__ = ["BorderTrial", "Fit", "Holdout", "SizeTrial", "Step", "fit_kernel"]


class Holdout(NamedTuple):
    """Error on the values that were held out of the fit."""

    samples: int
    rmse: float
    r2: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit:
    """A kernel and bias that turn inputs into targets, with their errors and the quality of the fit.

    Attributes
    ----------
    weights : (kh, kw) or (C, kh, kw) float64 array, or (k,) of a signal
        To be used as they are by ``correlate`` (by ``convolve`` if `convolve`); one kernel for each channel
        where they were fitted per channel.
    bias : () or (C,) float64 array
        Zero where none was fitted.
    errors, bias_error
        Standard errors, of the shapes of `weights` and `bias`: ``s^2 (A^T A)^-1`` with ``s^2`` the sum of
        squared residuals over ``samples - unknowns``. Infinite for weights that the pictures do not
        determine, NaN where there are no more samples than unknowns.
    pad, pad_value
        The padding mode that was given or found, the nearest where no mode explains the border; `pad_value`
        counts for ``constant`` alone.
    size, stride, convolve, method, lr
        As given or found; `lr` is the learning rate that was used, None for ``lstsq``.
    loss : float
        The minimised loss: the mean or the sum of squared residuals, plus ``l2 * sum(weights**2)``.
    r2 : float
        Share of the target's variance that is explained: 1 - (sum of squares) / (sum about the mean).
    rmse, worst : float
        Root mean square and largest absolute residual, over the fitted pixels.
    condition : float
        Condition number of the matrix of windows (a row per pixel, a column per weight; centred where a bias
        is fitted): largest over smallest singular value, infinity where the solution is not unique. The
        largest over the channels.
    unique : bool
        Whether the pictures determine every weight.
    freedom : tuple of arrays
        The null space, where the solution is not unique: orthonormal kernels, shaped as `weights`, that may
        be added (with a change of the bias) without changing the results. `weights` has the least norm.
    samples, left_out : int
        Number of values fitted, and of values that the masks leave out, over all channels.
    holdout : Holdout or None
        The error on values that were held out.
    borders : tuple of BorderTrial
        With ``pad="auto"`` every mode, the best first; else empty.
    border_fits : bool
        False where no padding mode explains the border about as well as the kernel explains the interior.
    copied : bool
        The target's border is the input's own; `weights` are fitted to the interior.
    sizes : tuple of SizeTrial
        With ``size="auto"`` each size tried, the smallest first; else empty.
    steps : tuple of Step
        Steps of the descent by ``gd`` or ``adam``; else empty.
    rate_limit : float
        2 / (largest eigenvalue of the loss's Hessian): below it ``gd`` converges.
    """

    weights: Floats
    bias: Floats
    errors: Floats
    bias_error: Floats
    pad: PadMode
    pad_value: float
    size: tuple[int, int]
    stride: tuple[int, int]
    convolve: bool
    method: FitMethod
    lr: float | None
    loss: float
    r2: float
    rmse: float
    worst: float
    condition: float
    unique: bool
    freedom: tuple[Floats, ...]
    samples: int
    left_out: int
    holdout: Holdout | None
    borders: tuple[BorderTrial, ...]
    border_fits: bool
    copied: bool
    sizes: tuple[SizeTrial, ...]
    steps: tuple[Step, ...]
    rate_limit: float


@np.errstate(all="ignore")
def fit_kernel(
    inputs: ArrayLike | list[Array],
    targets: ArrayLike | list[Array],
    size: object,
    *,
    method: FitMethod | str = "lstsq",
    pad: PadMode | str = "reflect",
    pad_value: float = 0.0,
    stride: object = 1,
    convolve: bool = False,
    bias: bool = True,
    l2: float = 0.0,
    per_channel: bool = False,
    masks: ArrayLike | list[Array] | None = None,
    holdout: float = 0.0,
    steps: int = 1000,
    lr: float | None = None,
    batch: int | None = None,
    seed: int = 0,
    init: Init | str = "zero",
    loss: Loss | str = "mean",
    jobs: int | None = None,
    watch: Callable[[int, float], None] | None = None,
) -> Fit:
    """Find the kernel and bias for which ``correlate(input, kernel, bias=bias)`` is nearest to the target.

    It minimises ``mean((y - bias - sum_ij x[m*s + i, n*s + j] k[i, j])**2) + l2 * sum(k**2)``, the sum in
    place of the mean with ``loss="sum"``.

    Parameters
    ----------
    inputs, targets : (H, W) or (H, W, C) array, or a list of as many; or (N,) array
        Pairs of pictures. Channels share one kernel, unless `per_channel`. Or a pair of signals: the weights
        of the result have one axis then.
    size : int, (rows, columns) or "auto"
        Kernel size; ``auto`` grows it until the residual stops falling.
    pad : PadMode, str or "auto"
        The padding mode that gave the targets; ``auto`` tries all. ``valid``: the targets are smaller.
    masks : array of bool or list of arrays, optional
        One for each target and of its shape: False where a value is to be left out.
    holdout : float
        Share of the values, drawn with `seed`, that are held out of the fit for validation.
    steps, lr, batch, seed, init
        The descent's number of steps; learning rate (default: half of `Fit.rate_limit`, a twentieth of it for
        batches, 0.01 for ``adam``); values drawn for each step with `seed` (default: all of them); initial
        weights, ``zero`` or ``normal`` (of variance 1, drawn with `seed`).
    watch : callable, optional
        Called as ``watch(step, loss)`` during descent; per channel, the steps of one follow the other's.

    Raises
    ------
    UsageError
        An option that is malformed, out of its range or without effect.
    GeometryError
        Pictures that do not fit together, or fewer values than unknowns; sizes are named.
    ConvcliError
        NaN or infinity, nothing left to fit, or descent that diverges (the hint names a rate that does not).

    Notes
    -----
    ``lstsq`` solves the normal equations, summed in float64 in one pass over the pictures, and refines the
    solution by its residuals: a noiseless float64 pair gives a kernel to about ``1e-12`` times the condition
    number. Directions with singular values below ``sqrt(4 * taps * eps)`` of the largest (``5e-7`` for 15 x
    15 weights) count as not determined. Sizes up to 4096 weights are accepted.

    ``auto`` for `pad` fits the interior alone, whose windows read no padding, then compares the residuals of
    each padding mode in the border band; with the best mode everything is fitted again. Where the interior is
    too small, everything is fitted with each mode. Targets that are smaller by less than 15 pixels, and that
    no stride makes, prove ``valid`` and, with ``auto`` for `size`, the kernel's size. An even kernel is tried
    with both of its middle pixels as anchor; where the one that ``same`` padding does not use is better, the
    kernel is returned one row or column larger, with zeros.

    References
    ----------
    Björck, Numerical Methods for Least Squares Problems, 1996.
    """
    options = FitOptions(
        bias=bias,
        l2=checked_number(l2, "l2"),
        loss=Loss.parse(loss),
        method=FitMethod.parse(method),
        steps=checked_count(steps, "steps", STEPS),
        rate=None if lr is None else checked_number(lr, "learning rate"),
        batch=None if batch is None else checked_count(batch, "batch", BATCH),
        init=Init.parse(init),
        seed=as_pair(seed, "seed", least=0)[0],
    )
    strides, threads = as_pair(stride, "stride"), thread_count(jobs)
    if not 0 <= as_number(holdout, "holdout") < 1:
        raise UsageError(f"holdout {holdout:g} is not a share", hint="use 0 or more, and less than 1")
    mode, beyond = None if pad == AUTO else PadMode.parse(pad), checked_number(pad_value, "pad value")
    signal = is_signal(inputs) and is_signal(targets)
    if signal:
        inputs, targets = (np.atleast_2d(each) for each in (inputs, targets))
        size = size if isinstance(size, str | tuple | list) else (1, size)
        masks = None if masks is None else np.atleast_2d(masks)
    pairs = read_pairs(inputs, targets, masks)
    groups = split_channels(pairs, per_channel)
    if holdout:
        drawn = np.random.default_rng([seed, 1])
        groups = [list(hold_out(planes, holdout, drawn)) for planes in groups]
    taken, sizes = find_size(size, mode, pairs, groups, strides, bias, threads)
    window = Window.of(taken, strides, mode=mode or PadMode.REFLECT, pad_value=beyond)
    window = check_targets(pairs, window, auto=mode is None, size_given=size != AUTO)
    hint = "draw fewer values, or fit a smaller kernel"
    BATCH.check((options.batch or 0) * window.taps, hint, what="batch: its windows' size")
    padding = PaddingSearch(groups, window)
    if mode is None:
        padding = find_padding(groups, window, options, threads, size_given=size != AUTO)
    number = count(1)
    report = None if watch is None else lambda loss: watch(next(number), loss)
    read, taps = padding.read_window, padding.taps
    kernels = [fit_planes(planes, read, options, threads, taps, report) for planes in padding.groups]
    found = _joined(kernels, padding, sizes, options, convolve, per_channel)
    return found if not signal else _along_axis(found)


def _along_axis(found: Fit) -> Fit:
    """Return the fit to a signal with weights of one axis."""
    weights, errors, *freedom = (array[..., 0, :] for array in (found.weights, found.errors, *found.freedom))
    return replace(found, weights=weights, errors=errors, freedom=tuple(freedom))


def _joined(
    kernels: Sequence[KernelFit],
    padding: PaddingSearch,
    sizes: tuple[SizeTrial, ...],
    options: FitOptions,
    convolve: bool,
    per_channel: bool,
) -> Fit:
    """Combine the fits of all channels, or of the shared kernel, into one result."""
    window, residuals = padding.window, reduce(Residuals.plus, [kernel.residuals for kernel in kernels])
    shape = (len(kernels), *window.size) if per_channel else window.size

    def shaped(values: Sequence[Floats]) -> Floats:
        stack = np.stack(values).reshape(shape)
        return stack[..., ::-1, ::-1].copy() if convolve else stack

    def together(losses: Sequence[float]) -> float:
        return sum(losses) / (len(losses) if options.loss is Loss.MEAN else 1)

    freedom = []
    for at, kernel in enumerate(kernels):
        for direction in kernel.freedom:
            zeros = np.zeros_like(direction)
            freedom.append(shaped([direction if at == other else zeros for other in range(len(kernels))]))
    values = sum(plane.target.size for planes in padding.groups for plane in planes)
    return Fit(
        weights=shaped([kernel.weights for kernel in kernels]),
        bias=np.array([kernel.bias for kernel in kernels]).reshape(shape[:-2]),
        errors=shaped([kernel.errors for kernel in kernels]),
        bias_error=np.array([kernel.bias_error for kernel in kernels]).reshape(shape[:-2]),
        pad=PadMode.REFLECT if window.mode is None else window.mode,
        pad_value=window.pad_value,
        size=window.size,
        stride=window.stride,
        convolve=convolve,
        method=options.method,
        lr=None if kernels[0].rate is None else min(kernel.rate or 0.0 for kernel in kernels),
        loss=together([kernel.loss for kernel in kernels]),
        r2=_r2(residuals.square, sum(kernel.moments.variation for kernel in kernels), residuals.samples),
        rmse=float((residuals.square / residuals.samples) ** 0.5),
        worst=residuals.worst,
        condition=max(kernel.condition for kernel in kernels),
        unique=not freedom,
        freedom=tuple(freedom),
        samples=residuals.samples,
        left_out=values - residuals.samples - residuals.held,
        holdout=_holdout(kernels) if residuals.held else None,
        borders=padding.trials,
        border_fits=padding.fits,
        copied=padding.copied,
        sizes=sizes,
        steps=tuple(
            Step(steps[0].number, together([step.loss for step in steps]))
            for steps in zip(*(kernel.steps for kernel in kernels), strict=True)
        ),
        rate_limit=min(kernel.quadratic.limit for kernel in kernels),
    )


def _r2(square: float, spread: float, count: int) -> float:
    """Return R2; for constant targets 1 where the residuals are zero, else 0."""
    if spread > 0:
        return 1 - square / spread
    return 1.0 if square <= count * np.finfo(float).eps else 0.0


def _holdout(kernels: Sequence[KernelFit]) -> Holdout:
    """Return the error on the values held out; their variance is about the mean of the fitted ones."""
    samples, square, spread = 0, 0.0, 0.0
    for kernel in kernels:
        left, mean = kernel.residuals, kernel.moments.total / kernel.moments.count
        samples, square = samples + left.held, square + left.held_square
        spread += left.held_spread - 2 * mean * left.held_total + left.held * mean**2
    return Holdout(samples, float((square / samples) ** 0.5), _r2(square, spread, samples))
