"""One kernel from the planes that share it, by the method that was asked for."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from convcli.choices import FitMethod, Loss
from convcli.engine.arrays import Array, Floats
from convcli.engine.fitting.batches import Values
from convcli.engine.fitting.data import Frame, Plane
from convcli.engine.fitting.descent import Course, Quadratic, Step, descend
from convcli.engine.fitting.moments import Centre, Moments, sum_moments
from convcli.engine.fitting.normal_equations import Answer, Normal, solve
from convcli.engine.fitting.residuals import Residuals, measure
from convcli.errors import ConvcliError, GeometryError

__all__ = ["Goal", "Part", "fit_part"]


class Goal(NamedTuple):
    """What is minimised, and how.

    Attributes
    ----------
    bias, l2, loss
        Whether one is fitted; ``l2 * sum(weights**2)`` is added to the mean or sum of squares.
    course : Course
        Of descent; its method says whether there is any.
    seed : int
        Of its draws.
    """

    bias: bool
    l2: float
    loss: Loss
    course: Course
    seed: int


class Part(NamedTuple):
    """One fitted kernel; what is not said here is as in `Fit`."""

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
    quadratic: Quadratic
    steps: tuple[Step, ...]


def fit_part(
    planes: Sequence[Plane],
    frame: Frame,
    goal: Goal,
    threads: int,
    taps: Array | None = None,
    watch: Callable[[int, float], None] | None = None,
) -> Part:
    """Fit one kernel to `planes`.

    Parameters
    ----------
    taps : array of indices, optional
        The weights that are fitted; the others are 0.

    Raises
    ------
    ConvcliError
        Nothing is left to fit, descent diverges, or sums leave the range of numbers.
    GeometryError
        Fewer values than unknowns, and no penalty that would choose among the answers.
    """
    chosen = np.arange(frame.taps) if taps is None else taps
    _check_samples(sum(plane.samples for plane in planes), len(chosen), goal)
    centre = Centre.of(planes) if goal.bias else Centre()
    moments = sum_moments(planes, frame, centre, threads)
    if taps is not None:
        moments = moments.take(taps)
    scale = 1 / moments.count if goal.loss is Loss.MEAN else 1.0
    normal = Normal(moments, goal.bias, goal.l2 / scale)
    answer = solve(normal, planes, frame, threads, taps)
    quadratic = _quadratic(normal, answer, chosen, goal, scale)
    steps: tuple[Step, ...] = ()
    rate = None
    if goal.course.method is not FitMethod.LSTSQ:
        values = Values(planes, frame, chosen, goal.bias, goal.l2, goal.loss is Loss.MEAN)
        found, rate, steps = descend(quadratic, values, goal.course, np.random.default_rng(goal.seed), watch)
        answer = _answer(found, planes, frame, moments, chosen, goal.bias, threads)
    left = answer.residuals
    spare = moments.count - normal.rank - goal.bias
    errors, bias_error = normal.errors(left.square / spare if spare > 0 else float("nan"))
    return Part(
        answer.weights,
        answer.raw_bias(centre),
        _spread(errors, chosen, frame),
        bias_error,
        moments,
        left,
        scale * left.square + goal.l2 * float(answer.weights @ answer.weights),
        normal.condition,
        np.array([_spread(each, chosen, frame) for each in normal.freedom]),
        rate,
        quadratic,
        steps,
    )


def _check_samples(samples: int, weights: int, goal: Goal) -> None:
    if samples == 0:
        raise ConvcliError("no value of the target is left to be fitted", hint="mask or hold out fewer")
    unknowns = weights + goal.bias
    if samples < unknowns and not goal.l2:
        what = f"{weights} weights and a bias" if goal.bias else f"{weights} weights"
        raise GeometryError(
            f"{samples} values are too few for {what}",
            hint=f"use a smaller size or more pictures: at least {unknowns} values",
        )


def _quadratic(normal: Normal, answer: Answer, chosen: Array, goal: Goal, scale: float) -> Quadratic:
    moments, weights = normal.moments, answer.weights[chosen]
    least = scale * answer.residuals.square + goal.l2 * float(weights @ weights)
    best = np.append(weights, answer.raw_bias(moments.centre)) if goal.bias else weights
    return Quadratic.of(moments, goal.bias, goal.l2, scale, least, best)


def _answer(
    found: Floats,
    planes: Sequence[Plane],
    frame: Frame,
    moments: Moments,
    chosen: Array,
    bias: bool,
    threads: int,
) -> Answer:
    weights = _spread(found[: len(chosen)], chosen, frame)
    centre = moments.centre
    shift = float(found[-1] + centre.image * weights.sum() - centre.target) if bias else 0.0
    return Answer(weights, shift, measure(planes, frame, centre, weights, shift, threads))


def _spread(values: Floats, chosen: Array, frame: Frame) -> Floats:
    """Return `values` of the chosen weights among zeros for the others."""
    full = np.zeros(frame.taps)
    full[chosen] = values
    return full
