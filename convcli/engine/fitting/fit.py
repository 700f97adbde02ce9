"""From a picture before and after to the kernel that did it: least squares, exactly or step by step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from convcli.choices import FitMethod, Init, Loss, PadMode
from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.data import Frame, check_targets, hold_out, read_pairs, take_apart
from convcli.engine.fitting.descent import Course, Step
from convcli.engine.fitting.one_kernel import Goal, Part, fit_part
from convcli.engine.fitting.padding_search import BorderTrial
from convcli.engine.fitting.search import AUTO, Border, Search
from convcli.engine.fitting.size_search import SizeTrial
from convcli.engine.threads import thread_count
from convcli.errors import UsageError
from convcli.parsing import as_pair

__all__ = ["BorderTrial", "Fit", "Holdout", "SizeTrial", "Step", "fit_kernel"]


class Holdout(NamedTuple):
    """How well the kernel does on pixels that it was not fitted to."""

    samples: int
    rmse: float
    r2: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit:
    """A kernel and bias that turn inputs into targets, and how far they are to be trusted.

    Attributes
    ----------
    weights : (kh, kw) or (C, kh, kw) float64 array
        To be used as they are by ``correlate`` (by ``convolve`` if `convolve`); one kernel for each channel
        where they were fitted per channel.
    bias : () or (C,) float64 array
        Zero where none was fitted.
    errors, bias_error
        Standard errors, of the shapes of `weights` and `bias`: ``s^2 (A^T A)^-1`` with ``s^2`` the sum of
        squared residuals over ``samples - unknowns``. Infinite for what the pictures leave open, NaN where
        there are no more samples than unknowns.
    pad, pad_value
        The border that was fitted with, or that was found; `pad_value` counts for ``constant`` alone.
    size, stride, convolve, method, lr
        As asked for, or as found; `lr` is the rate of descent that was used, None for ``lstsq``.
    loss : float
        What was minimised: the mean or the sum of squared residuals, plus ``l2 * sum(weights**2)``.
    r2 : float
        Share of the target's variance that is explained: 1 - (sum of squares) / (sum about the mean).
    rmse, worst : float
        Root mean square and largest absolute residual, over the fitted pixels.
    condition : float
        Of the matrix of windows (one row a pixel, one column a weight; about its mean where a bias is
        fitted): largest over smallest singular value, infinity where the answer is not unique. Of several
        channels the worst.
    unique : bool
        Whether the pictures determine every weight.
    freedom : tuple of arrays
        Shaped as `weights`, of norm 1 and orthogonal: where not unique, the answer may be moved along
        each (the bias following) without any change of the results. `weights` is the least in norm.
    samples, left_out : int
        Values fitted, and values that the masks leave out. Channels count each.
    holdout : Holdout or None
        The error on values that were held out.
    borders : tuple of BorderTrial
        With ``pad="auto"`` every mode, the best first; else empty.
    border_fits : bool
        False where none of `borders` explains the band about as well as the kernel explains the interior.
    copied : bool
        The target's border is the input's own; `weights` are fitted to the interior.
    sizes : tuple of SizeTrial
        With ``size="auto"`` each size tried, the smallest first; else empty.
    steps : tuple of Step
        Of ``gd`` and ``adam``.
    rate_limit : float
        2 / (largest eigenvalue of the loss's second derivative): below it ``gd`` converges.
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
    inputs, targets : (H, W) or (H, W, C) array, or a list of as many
        Pairs of pictures. Channels share one kernel, unless `per_channel`.
    size : int, (rows, columns) or "auto"
        Of the kernel; ``auto`` grows it until the residual stops falling.
    pad : PadMode, str or "auto"
        The border that made the targets; ``auto`` tries every one. ``valid``: the targets are smaller.
    masks : array of bool or list of arrays, optional
        One for each target and of its shape: False where a value is to be left out.
    holdout : float
        Share of the values, drawn with `seed`, that are not fitted but predicted.
    steps, lr, batch, seed, init
        Of descent: how many steps; the rate (default: half of `Fit.rate_limit`, a twentieth of it for
        batches, 0.01 for ``adam``); values drawn for each step with `seed` (default: all of them); weights
        to begin with, ``zero`` or ``normal`` (of variance 1, drawn with `seed`).
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
    ``lstsq`` solves the normal equations, summed in float64 in one pass over the pictures, and corrects the
    answer by its residuals: a noiseless float64 pair gives a kernel to about ``1e-12`` times the condition
    number. What has singular values below ``sqrt(4 * taps * eps)`` of the largest (``5e-7`` for 15 x 15
    weights) counts as not determined. Sizes up to 4096 weights are accepted.

    ``auto`` for `pad` fits the interior alone, where nothing is made up, then compares what each border
    leaves in the band around it; with the border that does best everything is fitted again. An even kernel
    is tried with both of its middle pixels as anchor; where the other one than ours (which ``same`` padding
    has) does better, the kernel comes back one row or column larger, with zeros.

    References
    ----------
    Björck, Numerical Methods for Least Squares Problems, 1996.
    """
    goal = _goal(method, bias, l2, steps, lr, batch, seed, init, loss)
    strides, threads = as_pair(stride, "stride"), thread_count(jobs)
    if not 0 <= holdout < 1:
        raise UsageError(f"holdout {holdout:g} is not a share", hint="use 0 or more, and less than 1")
    if not np.isfinite(pad_value):
        raise UsageError(f"pad value {pad_value} is not finite", hint="give a number")
    mode = None if pad == AUTO else PadMode.parse(pad)
    pairs = read_pairs(inputs, targets, masks)
    groups = take_apart(pairs, per_channel)
    if holdout:
        drawn = np.random.default_rng([seed, 1])
        groups = [list(hold_out(planes, holdout, drawn)) for planes in groups]
    search = Search(pairs, groups, strides, goal, threads)
    taken, sizes = search.size(size, mode)
    frame = Frame(taken, strides, PadMode.REFLECT if mode is None else mode, float(pad_value))
    frame = check_targets(pairs, frame, mode is None)
    border = search.border(frame, size != AUTO) if mode is None else Border(groups, frame)
    parts = []
    for number, planes in enumerate(border.groups):
        told = None if watch is None else partial(_tell, watch, number * steps)
        parts.append(fit_part(planes, border.read, goal, threads, border.taps, told))
    return _joined(parts, border, sizes, goal, convolve, per_channel)


def _goal(
    method: FitMethod | str,
    bias: bool,
    l2: float,
    steps: int,
    lr: float | None,
    batch: int | None,
    seed: int,
    init: Init | str,
    loss: Loss | str,
) -> Goal:
    """Return what is minimised and how, checked."""
    how = FitMethod.parse(method)
    if not (l2 >= 0 and np.isfinite(l2)):
        raise UsageError(f"l2 {l2:g} is not a penalty", hint="use 0 or more")
    if lr is not None and not (lr > 0 and np.isfinite(lr)):
        raise UsageError(f"learning rate {lr:g} is not positive", hint="use a number above 0")
    for value, name in ((lr, "learning rate"), (batch, "batch")):
        if value is not None and how is FitMethod.LSTSQ:
            raise UsageError(f"{name} {value:g} has no effect with lstsq", hint="use the method gd or adam")
    many, each = as_pair(steps, "steps")[0], None if batch is None else as_pair(batch, "batch")[0]
    start = as_pair(seed, "seed", least=0)[0]
    return Goal(bias, float(l2), Loss.parse(loss), Course(how, many, lr, each, Init.parse(init)), start)


def _tell(watch: Callable[[int, float], None], before: int, number: int, loss: float) -> None:
    watch(before + number, loss)


def _joined(
    parts: Sequence[Part],
    border: Border,
    sizes: tuple[SizeTrial, ...],
    goal: Goal,
    convolve: bool,
    per_channel: bool,
) -> Fit:
    """Return one value of what was fitted for each channel, or once for all."""
    frame, left = border.frame, parts[0].residuals
    for part in parts[1:]:
        left = left.plus(part.residuals)
    mean = goal.loss is Loss.MEAN
    shape = (len(parts), *frame.size) if per_channel else frame.size

    def shaped(values: Sequence[Floats]) -> Floats:
        stack = np.stack(values).reshape(shape)
        return stack[..., ::-1, ::-1].copy() if convolve else stack

    def each(values: Sequence[float]) -> Floats:
        return np.array(values if per_channel else values[0])

    def together(losses: Sequence[float]) -> float:
        return sum(losses) / (len(losses) if mean else 1)

    freedom = []
    for at, part in enumerate(parts):
        for direction in part.freedom:
            nothing = np.zeros_like(direction)
            freedom.append(shaped([direction if at == other else nothing for other in range(len(parts))]))
    spread = sum(part.moments.variation for part in parts)
    values = sum(plane.target.size for planes in border.groups for plane in planes)
    return Fit(
        weights=shaped([part.weights for part in parts]),
        bias=each([part.bias for part in parts]),
        errors=shaped([part.errors for part in parts]),
        bias_error=each([part.bias_error for part in parts]),
        pad=PadMode.REFLECT if border.copied else frame.mode,
        pad_value=frame.value,
        size=frame.size,
        stride=frame.stride,
        convolve=convolve,
        method=goal.course.method,
        lr=None if parts[0].rate is None else min(part.rate or 0.0 for part in parts),
        loss=together([part.loss for part in parts]),
        r2=_share(left.square, spread, left.samples),
        rmse=float((left.square / left.samples) ** 0.5),
        worst=left.worst,
        condition=max(part.condition for part in parts),
        unique=not freedom,
        freedom=tuple(freedom),
        samples=left.samples,
        left_out=values - left.samples - left.held,
        holdout=_held(parts) if left.held else None,
        borders=border.trials,
        border_fits=border.fits,
        copied=border.copied,
        sizes=sizes,
        steps=tuple(
            Step(steps[0].number, together([step.loss for step in steps]))
            for steps in zip(*(part.steps for part in parts), strict=True)
        ),
        rate_limit=min(part.quadratic.limit for part in parts),
    )


def _share(square: float, spread: float, count: int) -> float:
    """Return R2; of targets that are all alike, 1 where nothing is left of them and else 0."""
    if spread > 0:
        return 1 - square / spread
    return 1.0 if square <= count * np.finfo(float).eps else 0.0


def _held(parts: Sequence[Part]) -> Holdout:
    """Return the error on what was held out; its variance is about the mean of what was fitted."""
    count, square, spread = 0, 0.0, 0.0
    for part in parts:
        left, mean = part.residuals, part.moments.total / part.moments.count
        count, square = count + left.held, square + left.held_square
        spread += left.held_spread - 2 * mean * left.held_total + left.held * mean**2
    return Holdout(count, float((square / count) ** 0.5), _share(square, spread, count))
