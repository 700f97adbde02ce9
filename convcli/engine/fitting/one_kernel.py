"""Fits one kernel to the planes that share it: least squares, then descent if requested."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from convcli.choices import FitMethod
from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.batches import Batches
from convcli.engine.fitting.data import Plane
from convcli.engine.fitting.descent import QuadraticLoss, Step, descend
from convcli.engine.fitting.moments import Moments, sum_moments
from convcli.engine.fitting.normal_equations import NormalEquations, Solution, solve
from convcli.engine.fitting.options import FitOptions
from convcli.engine.fitting.residuals import Residuals, measure
from convcli.engine.window import Window
from convcli.errors import ConvcliError, GeometryError

__all__ = ["KernelFit", "fit_planes"]


class KernelFit(NamedTuple):
    """One fitted kernel: `weights` and `bias` for pictures that are not centred; other fields as in `Fit`."""

    weights: Floats
    bias: float
    errors: Floats
    bias_error: float
    moments: Moments
    residuals: Residuals
    loss: float
    condition: float
    freedom: Floats
    rate: float | None
    quadratic: QuadraticLoss
    steps: tuple[Step, ...]


def fit_planes(
    planes: Sequence[Plane],
    window: Window,
    options: FitOptions,
    threads: int,
    taps: Array | None = None,
    watch: Callable[[float], None] | None = None,
) -> KernelFit:
    """Fit one kernel to `planes`: its weights at indices `taps` (None: all), the others are 0."""
    chosen = np.arange(window.taps) if taps is None else taps
    bias, l2 = options.bias, options.l2
    _check_samples(sum(plane.samples for plane in planes), len(chosen), options)
    moments = sum_moments(planes, window, bias, threads)
    if taps is not None:
        moments = moments.take(taps)
    centre, scale = moments.centre, options.scale(moments.count)
    normal = NormalEquations(moments, bias, l2 / scale)
    solution = solve(normal, planes, window, threads, chosen)

    def full(values: Floats) -> Floats:
        """Return all weights: `values` at the chosen ones, 0 at the others."""
        weights = np.zeros(window.taps)
        weights[chosen] = values
        return weights

    best = solution.weights[chosen]
    parameters = np.append(best, solution.raw_bias(centre)) if bias else best
    minimum = scale * solution.residuals.square + l2 * float(best @ best)
    quadratic = QuadraticLoss.of(moments, bias, l2, scale, minimum, parameters)
    steps: tuple[Step, ...] = ()
    rate = None
    if options.method is not FitMethod.LSTSQ:
        batches = Batches(planes, window, chosen, options)
        found, rate, steps = descend(quadratic, batches, options, watch)
        weights = full(found[: len(chosen)])
        shift = float(found[-1] + centre.image * weights.sum() - centre.target) if bias else 0.0
        solution = Solution(weights, shift, measure(planes, window, centre, weights, shift, threads))
    left = solution.residuals
    spare = moments.count - normal.rank - bias
    errors, bias_error = normal.errors(left.square / spare if spare > 0 else float("nan"))
    return KernelFit(
        weights=solution.weights,
        bias=solution.raw_bias(centre),
        errors=full(errors),
        bias_error=bias_error,
        moments=moments,
        residuals=left,
        loss=scale * left.square + l2 * float(solution.weights @ solution.weights),
        condition=normal.condition,
        freedom=np.array([full(direction) for direction in normal.freedom]),
        rate=rate,
        quadratic=quadratic,
        steps=steps,
    )


def _check_samples(samples: int, weights: int, options: FitOptions) -> None:
    if samples == 0:
        raise ConvcliError("no value of the target is left to be fitted", hint="mask or hold out fewer")
    unknowns = weights + options.bias
    if samples < unknowns and not options.l2:
        values = "1 value is" if samples == 1 else f"{samples} values are"
        what = "1 weight" if weights == 1 else f"{weights} weights"
        raise GeometryError(
            f"{values} too few for {what}{' and a bias' if options.bias else ''}",
            hint=f"use a smaller size or more pictures: at least {unknowns} values"
            + (", or --no-bias" if samples == weights else ""),
        )
