"""What is told of a fit: the JSON object, the sheet for people, and what is to be thought of it in words."""

import math
import os
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.display.fit import FitPart, FitSheet, Trial
from convcli.engine.fit import Fit
from convcli.kernels.known import Known
from convcli.specs import LearnSpec
from convcli.vocab import FitMethod, PadMode
from convcli.workflows.learn_words import is_linear, number, percent, verdict

__all__ = ["Pair", "Told", "report", "sheet"]

Array = NDArray[Any]

NOTHING = 1e-13
"""Biases below this share of white are rounding."""


class Pair(NamedTuple):
    """A picture before and after, frame by frame: names for people, pixels in their own units, notes."""

    input: str
    target: str
    inputs: tuple[Array, ...]
    targets: tuple[Array, ...]
    notes: tuple[str, ...]


class Told(NamedTuple):
    """Everything that a report is made of.

    Attributes
    ----------
    known
        For each kernel the named one that it is.
    peak
        What PSNR is relative to.
    whole
        Whether targets are whole numbers, as rounding leaves them.
    spread
        Standard deviation of the targets.
    output
        The kernel file.
    """

    pairs: tuple[Pair, ...]
    fit: Fit
    known: tuple[Known | None, ...]
    peak: float
    whole: bool
    spread: float
    spec: LearnSpec
    output: str | None


def report(told: Told) -> dict[str, Any]:
    """Return the JSON object; what is not finite is null."""
    fit = told.fit
    held: dict[str, Any] = {
        "inputs": [pair.input for pair in told.pairs],
        "targets": [pair.target for pair in told.pairs],
        "output": told.output,
        "verdict": list(_verdict(told)),
        "kernel": fit.weights,
        "bias": fit.bias,
        "errors": fit.errors,
        "bias_error": fit.bias_error,
        "pad": _border(fit),
        "pad_value": fit.pad_value if fit.pad is PadMode.CONSTANT else None,
        "size": list(fit.size),
        "stride": list(fit.stride),
        "convolve": fit.convolve,
        "method": fit.method.value,
        "loss": fit.loss,
        "r2": fit.r2,
        "rmse": fit.rmse,
        "worst": fit.worst,
        "psnr": _psnr(told),
        "condition": fit.condition,
        "unique": fit.unique,
        "freedom": list(fit.freedom),
        "known": _one([_known(known) for known in told.known], fit),
        "samples": fit.samples,
        "left_out": fit.left_out,
        "holdout": fit.holdout._asdict() if fit.holdout is not None else None,
        "borders": [trial._asdict() for trial in fit.borders],
        "border_fits": fit.border_fits,
        "copied": fit.copied,
        "sizes": [trial._asdict() for trial in fit.sizes],
        "lr": fit.lr,
        "steps": [step.loss for step in fit.steps],
        "filter": " ".join(_command(told)) or None,
    }
    return {key: _plain(value) for key, value in held.items()}


def _known(known: Known | None) -> dict[str, Any] | None:
    if known is None:
        return None
    return {
        "text": str(known),
        "kernel": known.spec,
        "scale": known.scale,
        "cosine": known.cosine,
        "turn": known.turn,
        "shift": list(known.shift),
        "identity": known.identity,
    }


def _one(values: list[Any], fit: Fit) -> Any:
    return values if fit.weights.ndim == 3 else values[0]


def _plain(value: Any) -> Any:
    """Return lists, dicts and finite numbers alone, as JSON has them."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def sheet(told: Told) -> FitSheet:
    """Return what is printed for people."""
    fit = told.fit
    first = told.pairs[0]
    more = f", and {len(told.pairs) - 1} more" if len(told.pairs) > 1 else ""
    return FitSheet(
        title=f"{first.input} -> {first.target}{more}",
        verdict=tuple(_verdict(told)),
        parts=tuple(_parts(told)),
        facts=tuple(_facts(told)),
        trials=tuple(_trials(fit)),
        freedom=fit.freedom,
        losses=[step.loss for step in fit.steps],
        heading="To make the target from the input:"
        if _is_linear(told)
        else "The nearest that a filter does:",
        command=_command(told),
    )


def _verdict(told: Told) -> Iterator[str]:
    return verdict(told.fit, whole=told.whole, spread=told.spread)


def _is_linear(told: Told) -> bool:
    return is_linear(told.fit, whole=told.whole, spread=told.spread)


def _parts(told: Told) -> Iterator[FitPart]:
    fit = told.fit
    planes, errors = (array.reshape(-1, *fit.size) for array in (fit.weights, fit.errors))
    biases, bias_errors = np.ravel(fit.bias), np.ravel(fit.bias_error)
    for index, known in enumerate(told.known):
        open_ = "" if fit.unique else ", as the pictures leave it open"
        facts = [("known", f"none{open_}" if known is None else str(known))]
        if told.spec.bias:
            shown = biases[index] if abs(biases[index]) > NOTHING * told.peak else 0.0
            error = f" ± {bias_errors[index]:.2g}" if np.isfinite(bias_errors[index]) else ""
            facts.append(("bias", number(shown) + error))
        facts.append(("errors", _range(errors[index])))
        title = f"kernel of channel {index}" if len(told.known) > 1 else "kernel"
        yield FitPart(title, planes[index], errors[index], tuple(facts))


def _range(errors: NDArray[np.float64]) -> str:
    if not np.isfinite(errors).all():
        return "not known: the pictures do not determine every weight"
    low, high = float(errors.min()), float(errors.max())
    return f"{low:.2g} each" if high <= 1.05 * low else f"{low:.2g} to {high:.2g} each"


def _facts(told: Told) -> Iterator[tuple[str, str]]:
    fit, spec = told.fit, told.spec
    yield "size", f"{_size(fit.size)}{', found' if spec.size == 'auto' else ''}{_stride(fit)}"
    yield "border", f"{_border(fit)}{_border_remark(told)}"
    yield "fitted", _samples(fit)
    yield "residual", f"{number(fit.rmse)} (root mean square), {number(fit.worst)} at most"
    yield "R2", f"{fit.r2:.6f}, {percent(fit.r2)} of the target's variance"
    psnr = _psnr(told)
    yield "PSNR", "infinite" if psnr is None else f"{psnr:.1f} dB, relative to {number(told.peak)}"
    if fit.holdout is not None:
        held = fit.holdout
        yield "held out", f"{held.samples} values: residual {number(held.rmse)}, R2 {held.r2:.6f}"
    yield "condition", f"{fit.condition:.3g}"
    yield "unique", "yes" if fit.unique else f"no: {len(fit.freedom)} directions are open"
    yield "method", _method(told)
    penalty = f" + {spec.l2:g} * (sum of squared weights)" if spec.l2 else ""
    yield "loss", f"{number(fit.loss)}, {spec.loss} of squares{penalty}"


def _method(told: Told) -> str:
    fit = told.fit
    if fit.method is FitMethod.LSTSQ:
        return "lstsq, the normal equations"
    rate = f"rate {fit.lr:.4g}" if fit.lr is not None else ""
    limit = f"; converges below {fit.rate_limit:.4g}" if fit.method is FitMethod.GD else ""
    return f"{fit.method}, {len(fit.steps)} steps, {rate}{limit}"


def _border(fit: Fit) -> str:
    return "copied" if fit.copied else fit.pad.value


def _border_remark(told: Told) -> str:
    fit = told.fit
    value = f" {number(fit.pad_value)}" if fit.pad is PadMode.CONSTANT and not fit.copied else ""
    return f"{value}, found" if told.spec.pad == "auto" and fit.border_fits else value


def _samples(fit: Fit) -> str:
    share = fit.left_out / ((fit.samples + fit.left_out) or 1)
    left = f"; {percent(share)} left out, black or white" if fit.left_out else ""
    return f"{fit.samples} values{left}"


def _stride(fit: Fit) -> str:
    words = f", stride {_size(fit.stride)}" if fit.stride != (1, 1) else ""
    return words + (", for convolution" if fit.convolve else "")


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _psnr(told: Told) -> float | None:
    """Return ``20 log10(peak / rmse)`` in decibels; None where nothing is left, or nothing was there."""
    return 20 * math.log10(told.peak / told.fit.rmse) if told.fit.rmse > 0 and told.peak > 0 else None


def _trials(fit: Fit) -> Iterator[tuple[str, tuple[Trial, ...]]]:
    if fit.borders:
        ties = sum(trial.best for trial in fit.borders) > 1
        found = "as good" if ties else "found" if fit.border_fits else "nearest, but does not fit"
        rows = []
        for trial in fit.borders:
            value = f" {number(trial.value)}" if trial.value is not None else ""
            rows.append(Trial(f"{trial.mode}{value}", number(trial.rms), found if trial.best else ""))
        yield "border", tuple(rows)
    if fit.sizes:
        yield "size", tuple(_sizes(fit))


def _sizes(fit: Fit) -> Iterator[Trial]:
    taken = False
    for trial in fit.sizes:
        remark = ""
        if not taken and all(side >= own for side, own in zip(trial.size, fit.size, strict=True)):
            taken = True
            remark = "taken" if trial.size == fit.size else f"taken, less empty edges: {_size(fit.size)}"
        yield Trial(_size(trial.size), number(trial.rms), remark)


def _command(told: Told) -> tuple[str, ...]:
    """Return the words of the command that makes the target from the input."""
    fit, first = told.fit, told.pairs[0]
    before, after = first.inputs[0], first.targets[0]
    name = "-" if first.input == "stdin" else first.input
    kernel = told.output if told.output not in (None, "-") else "kernel.json"
    pad = PadMode.VALID if fit.copied else fit.pad
    words = ["convcli", "filter", shlex.quote(name), "-k", shlex.quote(str(kernel)), "-p", pad.value]
    if pad is PadMode.CONSTANT:
        words += ["--pad-value", repr(fit.pad_value)]
    if fit.stride != (1, 1):
        words += ["-s", _size(fit.stride)]
    words += ["--convolve"] if fit.convolve else []
    words += ["--gray"] if told.spec.gray else []
    stem = os.path.splitext(os.path.basename(first.target))[0]
    if after.dtype.kind == "f" or after.dtype != before.dtype or fit.weights.ndim == 3:
        return (*words, "--range", "raw", "-o", shlex.quote(f"{stem}-again.npy"))
    return (*words, "-o", shlex.quote(f"{stem}-again.png"))
