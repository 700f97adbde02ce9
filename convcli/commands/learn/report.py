"""What is told of a fit: what reports are made of, the JSON object, and the command that does the same."""

import math
import os
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

from numpy.typing import NDArray

from convcli.choices import PadMode
from convcli.commands.learn.spec import LearnSpec
from convcli.commands.learn.verdict import verdict
from convcli.engine.fitting.fit import Fit
from convcli.kernels.recognition.recognise import Recognised
from convcli.pipeline.jsonable import plain

__all__ = ["Pair", "Told", "border_name", "command", "psnr", "report", "sentences", "size_words"]

Array = NDArray[Any]


class Pair(NamedTuple):
    """A picture before and after, frame by frame: paths as given, pixels in their own units, notes."""

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
    output, seconds
        The kernel file, and how long fitting took.
    """

    pairs: tuple[Pair, ...]
    fit: Fit
    known: tuple[Recognised | None, ...]
    peak: float
    whole: bool
    spread: float
    spec: LearnSpec
    output: str | None
    seconds: float


def report(told: Told) -> dict[str, Any]:
    """Return the JSON object; what is not finite is null."""
    fit = told.fit
    held: dict[str, Any] = {
        "inputs": [pair.input for pair in told.pairs],
        "targets": [pair.target for pair in told.pairs],
        "output": told.output,
        "verdict": list(sentences(told)),
        "kernel": fit.weights,
        "bias": fit.bias,
        "errors": fit.errors,
        "bias_error": fit.bias_error,
        "pad": border_name(fit),
        "pad_value": fit.pad_value if fit.pad is PadMode.CONSTANT else None,
        "size": list(fit.size),
        "stride": list(fit.stride),
        "convolve": fit.convolve,
        "method": fit.method.value,
        "loss": fit.loss,
        "r2": fit.r2,
        "rmse": fit.rmse,
        "worst": fit.worst,
        "psnr": psnr(told),
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
        "seconds": round(told.seconds, 6),
        "filter": " ".join(command(told)) or None,
    }
    return {key: plain(value) for key, value in held.items()}


def _known(known: Recognised | None) -> dict[str, Any] | None:
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


def psnr(told: Told) -> float | None:
    """Return ``20 log10(peak / rmse)`` in decibels; None where nothing is left, or nothing was there."""
    return 20 * math.log10(told.peak / told.fit.rmse) if told.fit.rmse > 0 and told.peak > 0 else None


def border_name(fit: Fit) -> str:
    """Return what the border is called."""
    return "copied" if fit.copied else fit.pad.value


def size_words(size: tuple[int, int]) -> str:
    """Write a size as options have it."""
    return f"{size[0]}x{size[1]}"


def command(told: Told) -> tuple[str, ...]:
    """Return the command that makes the target from the input, each option with its value."""
    fit, first = told.fit, told.pairs[0]
    before, after = first.inputs[0], first.targets[0]
    kernel = told.output if told.output not in (None, "-") else "kernel.json"
    pad = PadMode.VALID if fit.copied else fit.pad
    words = ["convcli filter", shlex.quote(first.input), f"-k {shlex.quote(str(kernel))}", f"-p {pad}"]
    if pad is PadMode.CONSTANT:
        words.append(f"--pad-value {fit.pad_value!r}")
    if fit.stride != (1, 1):
        words.append(f"-s {size_words(fit.stride)}")
    words += ["--convolve"] if fit.convolve else []
    words += ["--gray"] if told.spec.gray else []
    stem = os.path.splitext(os.path.basename(first.target))[0]
    if after.dtype.kind == "f" or after.dtype != before.dtype or fit.weights.ndim == 3:
        return (*words, "--range raw", f"-o {shlex.quote(f'{stem}-again.npy')}")
    return (*words, f"-o {shlex.quote(f'{stem}-again.png')}")


def sentences(told: Told) -> Iterator[str]:
    """Return what is to be thought of the fit."""
    return verdict(told.fit, whole=told.whole, spread=told.spread)
