"""Report of a fit: the JSON object, and the command that reproduces the target."""

import math
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Layout, PadMode
from convcli.commands.learn.spec import LearnSpec
from convcli.commands.learn.verdict import verdict
from convcli.engine.fitting.fit import Fit
from convcli.imaging.image import full_scale
from convcli.kernels.recognition.recognise import Recognised
from convcli.pipeline.jsonable import plain

__all__ = ["FitReport", "PicturePair", "border_name", "command", "psnr", "report", "sentences", "size_words"]

Array = NDArray[Any]

# Float targets of whole numbers count as rounded if their range is at least this: those of a small range may
# be whole by nature, as labels are.
MIN_ROUNDED_RANGE = 16


class PicturePair(NamedTuple):
    """Two picture files, before and after: paths as given, pixels of each frame in their own units, notes.

    `layout` is the order of axes in the files, of arrays.
    """

    input: str
    target: str
    inputs: tuple[Array, ...]
    targets: tuple[Array, ...]
    notes: tuple[str, ...]
    layout: Layout = Layout.HWC


@dataclass(frozen=True, eq=False)
class FitReport:
    """A fit with its pictures, and for each fitted kernel the named one that it is.

    `output` is the path of the kernel file; `seconds` is how long fitting took.
    """

    pairs: tuple[PicturePair, ...]
    fit: Fit
    known: tuple[Recognised | None, ...]
    spec: LearnSpec
    output: str | None
    seconds: float

    @property
    def _targets(self) -> list[Array]:
        return [target for pair in self.pairs for target in pair.targets]

    @cached_property
    def peak(self) -> float:
        """Peak value for PSNR: white, or the range of float targets."""
        return max(
            full_scale(target.dtype) if target.dtype.kind != "f" else float(np.ptp(target))
            for target in self._targets
        )

    @cached_property
    def whole(self) -> bool:
        """Whether all targets are rounded to whole numbers."""
        return all(
            target.dtype.kind != "f"
            or bool(np.ptp(target) >= MIN_ROUNDED_RANGE and (target == np.rint(target)).all())
            for target in self._targets
        )

    @cached_property
    def spread(self) -> float:
        """The largest standard deviation of a target."""
        return max(float(np.std(target, dtype=np.float64)) for target in self._targets)


def report(result: FitReport) -> dict[str, Any]:
    """Return the JSON object; values that are not finite are null."""
    fit = result.fit

    def of_fit(*names: str) -> dict[str, Any]:
        return {name: getattr(fit, name) for name in names}

    known = [_known(known) for known in result.known]
    held: dict[str, Any] = {
        "inputs": [pair.input for pair in result.pairs],
        "targets": [pair.target for pair in result.pairs],
        "output": result.output,
        "verdict": list(sentences(result)),
        "kernel": fit.weights,
        **of_fit("bias", "errors", "bias_error"),
        "pad": border_name(fit),
        "pad_value": fit.pad_value if fit.pad is PadMode.CONSTANT else None,
        **of_fit("size", "stride", "convolve", "method", "loss", "r2", "rmse", "worst"),
        "psnr": psnr(result),
        **of_fit("condition", "unique", "freedom"),
        "known": known if fit.weights.ndim == 3 else known[0],
        **of_fit("samples", "left_out"),
        "holdout": fit.holdout._asdict() if fit.holdout is not None else None,
        "borders": [trial._asdict() for trial in fit.borders],
        **of_fit("border_fits", "copied"),
        "sizes": [trial._asdict() for trial in fit.sizes],
        "lr": fit.lr,
        "steps": [step.loss for step in fit.steps],
        "seconds": round(result.seconds, 6),
        "filter": " ".join(command(result)) or None,
    }
    return {key: plain(value) for key, value in held.items()}


def _known(known: Recognised | None) -> dict[str, Any] | None:
    if known is None:
        return None
    fields = known._asdict()
    return {"text": str(known), "kernel": fields.pop("spec"), **fields}


def psnr(result: FitReport) -> float | None:
    """Return ``20 log10(peak / rmse)`` in decibels; None where either is 0."""
    return 20 * math.log10(result.peak / result.fit.rmse) if result.fit.rmse > 0 and result.peak > 0 else None


def border_name(fit: Fit) -> str:
    """Return the padding's name, or ``copied`` where the border was not filtered."""
    return "copied" if fit.copied else fit.pad.value


def size_words(size: tuple[int, int]) -> str:
    """Write a size as ``--size`` takes it."""
    return f"{size[0]}x{size[1]}"


def quoted(word: str) -> str:
    """Return a word as shells read it: bytes that are not printable escaped, within bash's ``$'...'``."""
    if word.isprintable():
        return shlex.quote(word)
    escaped = (
        f"\\{c}" if c in "\\'" else c if c.isprintable() else "".join(f"\\x{b:02x}" for b in os.fsencode(c))
        for c in word
    )
    return f"$'{''.join(escaped)}'"


def command(result: FitReport) -> tuple[str, ...]:
    """Return the `filter` command that makes the target, in parts: each option with its value."""
    fit, first = result.fit, result.pairs[0]
    before, after = first.inputs[0], first.targets[0]
    kernel = result.output if result.output not in (None, "-") else "kernel.json"
    pad = PadMode.VALID if fit.copied else fit.pad
    words = ["convcli filter", quoted(first.input), f"-k {quoted(str(kernel))}", f"-p {pad}"]
    if pad is PadMode.CONSTANT:
        words.append(f"--pad-value {fit.pad_value!r}")
    if fit.stride != (1, 1):
        words.append(f"-s {size_words(fit.stride)}")
    words += ["--convolve"] if fit.convolve else []
    words += ["--gray"] if result.spec.gray else []
    words += [f"--layout {first.layout}"] if first.layout is not Layout.HWC else []
    stem = os.path.splitext(os.path.basename(first.target))[0]
    if after.dtype.kind == "f" or after.dtype != before.dtype or fit.weights.ndim == 3:
        return (*words, "--range raw", f"-o {quoted(f'{stem}-again.npy')}")
    return (*words, f"-o {quoted(f'{stem}-again.png')}")


def sentences(result: FitReport) -> Iterator[str]:
    """Return the verdict on the fit."""
    return verdict(result.fit, whole=result.whole, spread=result.spread)
