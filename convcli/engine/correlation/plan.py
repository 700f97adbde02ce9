"""Planning: which method computes a correlation fastest without loss of accuracy, and why, in words."""

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from convcli.choices import Method
from convcli.engine.arrays import Array, Floats, exact_limit, is_whole, whole_bound, working_dtype
from convcli.engine.correlation.costs import costs
from convcli.engine.correlation.fft import TILE, exact_type
from convcli.engine.correlation.gemm import OUTPUT_ROWS, columns_by_phase
from convcli.engine.correlation.separable import Term, factors, is_exact, rank_one
from convcli.engine.correlation.tap_programs import column_period, compile_taps
from convcli.engine.correlation.task import rows_read
from convcli.engine.kernel_cache import by_weights
from convcli.engine.window import Window, extent

__all__ = ["Plan", "Planned", "plan", "plan_for"]

# The separable method's column pass and row pass each take this many times what `compile_taps` estimates for
# their weights in a single pass.
SEPARABLE_PASS = 1.1

# With a stride the direct method takes this many times as long per result: it computes row by row instead of
# all rows in one run.
STRIDED_DIRECT = 1.3

# A transform in float64 takes this many times as long as one in float32.
FFT_IN_FLOAT64 = 2.2

# Nanoseconds of set-up: transforming the kernel and importing numpy.fft; making the Toeplitz matrices.
FFT_SETUP, GEMM_SETUP = 400_000.0, 50_000.0

# Weights above which planning itself (singular values, programs of taps) would take longer than the work.
MANY_WEIGHTS = 1 << 18


class Plan(NamedTuple):
    """A method, and the reason for it in words."""

    method: Method
    reason: str


class Planned(NamedTuple):
    """How a picture is filtered: `bound` is the largest whole sum, infinity where sums may round."""

    plan: Plan
    work: np.dtype[Any]
    bound: float


def plan(
    kernel: Floats,
    shape: Sequence[int],
    dtype: DTypeLike,
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    method: Method = Method.AUTO,
    *,
    bound: float | None = None,
    constant: float = 0.0,
) -> Plan:
    """Return a plan such as ``Plan(Method.SEPARABLE, "rank 1: 7+7 multiplies, not 49")``.

    A pure function of its arguments, on one kind of machine: no clock, no state. `shape` and `dtype` are the
    image's, `bound` is its :func:`whole_bound`, by default that of its type, `constant` the padding value:
    where whole weights over whole pixels give exact sums, methods that would round are left out. Any `method`
    but ``auto`` is obeyed.
    """
    if method is not Method.AUTO:
        return Plan(method, "asked for")
    weights, image = np.asarray(kernel, np.float64), np.dtype(dtype)
    work = working_dtype(image, weights)
    largest = whole_bound(weights, image, constant) if bound is None else bound
    exact = largest < exact_limit(work)
    transform = exact_type(largest, work, constant) if exact else work
    return _choose(weights, tuple(shape), work, stride, dilation, exact, transform)


def plan_for(
    picture: Array,
    weights: Floats,
    window: Window,
    method: Method = Method.AUTO,
    rows: tuple[int, int] | None = None,
) -> Planned:
    """Return how `rows` of the result are computed.

    The pixels are looked at only where the weights are whole, the type of the pixels does not bound the sums,
    and the method that is fastest would round.
    """
    shape, dtype, constant = picture.shape, picture.dtype, window.constant
    geometry = shape, dtype, window.stride, window.dilation, method
    planned, looks = _by_type(weights, *geometry, constant)
    if looks:
        bound = whole_bound(weights, rows_read(picture, window, rows), constant)
        chosen = plan(weights, *geometry, bound=bound, constant=constant)
        planned = Planned(chosen, planned.work, bound if bound < exact_limit(planned.work) else inf)
    return planned


@by_weights
def _by_type(
    weights: Floats,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    method: Method,
    constant: float,
) -> tuple[Planned, bool]:
    """Return what the type of the pixels tells, and whether they must be looked at."""
    work, bound = working_dtype(dtype, weights), whole_bound(weights, dtype, constant)
    chosen = plan(weights, shape, dtype, stride, dilation, method, bound=bound, constant=constant)
    if bound < exact_limit(work):
        return Planned(chosen, work, bound), False
    rounds = chosen.method is Method.FFT or (
        chosen.method is Method.SEPARABLE and not is_exact(factors(weights, work), weights)
    )
    return Planned(chosen, work, inf), rounds and is_whole(weights)


@by_weights
def _choose(
    weights: Floats,
    shape: tuple[int, ...],
    work: np.dtype[Any],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    exact: bool,
    transform: np.dtype[Any] | None,
) -> Plan:
    """Return the fastest method; `transform` is the type of transforms, None where they would round."""
    outputs = max(1.0, float(np.prod(shape)) / (stride[0] * stride[1]))
    kh, kw = weights.shape
    size = f"{kh}x{kw}"
    if weights.size > MANY_WEIGHTS:
        return _of_many(weights, work, f"{size} weights", fft=transform is not None)

    period = column_period(stride[1], dilation[1])
    taps = np.count_nonzero(weights)
    some = f"{taps} of {kh * kw}" if taps < kh * kw else str(taps)
    one_by_one = compile_taps(weights, work, period).cost
    totals = {Method.DIRECT: one_by_one if stride == (1, 1) else one_by_one * STRIDED_DIRECT}
    reasons = {Method.DIRECT: f"{some} weights: nothing is faster one by one"}

    terms = factors(weights, work) if min(kh, kw) > 1 else []
    if terms and len(terms) < min(kh, kw) and (not exact or is_exact(terms, weights)):
        totals[Method.SEPARABLE] = _separable_cost(terms, work, stride[1], period)
        each = f"{kh}+{kw}" if len(terms) == 1 else f"{len(terms)} x ({kh}+{kw})"
        reasons[Method.SEPARABLE] = f"rank {len(terms)}: {each} multiplies, not {kh * kw}"

    phases = columns_by_phase(weights, stride[1], dilation[1])
    distinct = sum(len(phase.distinct) for phase in phases)
    high = (OUTPUT_ROWS - 1) * stride[0] + extent(kh, dilation[0])
    price = costs()
    totals[Method.GEMM] = price.gemm + price.gemm_weight * distinct * high + price.gemm_column * kw
    totals[Method.GEMM] += GEMM_SETUP / outputs
    reasons[Method.GEMM] = f"{size} with {distinct} distinct columns: a matrix product"

    if transform is not None:
        slower = 1.0 if transform == work else FFT_IN_FLOAT64
        totals[Method.FFT] = _fft_cost(weights, stride, dilation) * slower + FFT_SETUP / outputs
        reasons[Method.FFT] = f"{size} and {taps} weights: a transform costs the same for any kernel"

    best = min(totals, key=lambda name: totals[name])
    return Plan(best, reasons[best])


def _of_many(weights: Floats, work: np.dtype[Any], size: str, *, fft: bool) -> Plan:
    """Plan a large kernel without pricing every method."""
    if rank_one(weights, work) is not None:
        return Plan(Method.SEPARABLE, f"rank 1: {sum(weights.shape)} multiplies, not {weights.size}")
    if fft:
        return Plan(Method.FFT, f"{size}: a transform costs the same for any kernel")
    return Plan(Method.DIRECT, f"{size}, few of them other than zero: one by one they are exact")


def _separable_cost(terms: list[Term], work: np.dtype[Any], stride: int, period: int) -> float:
    down = sum(compile_taps(u[:, None], work).cost for u, _ in terms)
    along = sum(compile_taps(v[None], work, period).cost for _, v in terms)
    return SEPARABLE_PASS * (down * stride + along) + costs().operation * (3 * len(terms) - 2)


def _fft_cost(kernel: Floats, stride: tuple[int, int], dilation: tuple[int, int]) -> float:
    share = 1.0
    for count, apart, preferred in zip(kernel.shape, dilation, TILE, strict=True):
        span = extent(count, apart)
        length = max(preferred, 2 * span)
        share *= length / (length - span + 1)
    return costs().fft_tile * share * stride[0] * stride[1]
