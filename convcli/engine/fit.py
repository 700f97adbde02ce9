"""From a picture before and after to the kernel that did it: least squares, exactly or step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from numpy.typing import ArrayLike

from convcli.engine.arrays import Array, Floats
from convcli.vocab import FitMethod, Init, Loss, PadMode

__all__ = ["BorderTrial", "Fit", "Holdout", "SizeTrial", "Step", "fit_kernel"]


class Holdout(NamedTuple):
    """How well the kernel does on pixels that it was not fitted to."""

    samples: int
    rmse: float
    r2: float


class BorderTrial(NamedTuple):
    """One way to make up the pixels beyond the edge, and how well it explains the target's border.

    Attributes
    ----------
    mode : str
        A mode of ``PadMode`` other than ``valid``, or ``copied``: the target's border is the input's own.
    rms : float
        Root mean square of the residuals over the border band.
    value : float or None
        The constant that fits best, for mode ``constant``.
    best : bool
        Nothing does better: more than one trial says so where modes give the same.
    """

    mode: str
    rms: float
    value: float | None
    best: bool


class SizeTrial(NamedTuple):
    """One size of the kernel, and the root mean square of what it leaves unexplained."""

    size: tuple[int, int]
    rms: float


class Step(NamedTuple):
    """One step of descent, counted from 1, and the loss before its update (of its batch, if there are any)."""

    number: int
    loss: float


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
        Of descent: how many steps; the rate (default: half of `Fit.rate_limit`, for ``adam`` 0.01); values
        drawn for each step with `seed` (default: all of them); weights to begin with, ``zero`` or ``normal``
        (of variance 1, drawn with `seed`).
    watch : callable, optional
        Called as ``watch(step, loss)`` during descent.
    """
    raise NotImplementedError
