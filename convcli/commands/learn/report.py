"""Report of a fit: the JSON object, and the commands that reproduce the target."""

import math
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import STDIN, FitMethod, PadMode
from convcli.commands.learn.spec import LearnSpec, Reading
from convcli.commands.learn.verdict import is_linear, verdict
from convcli.display.language import Say, say_english
from convcli.display.words import listed
from convcli.engine.fitting.fit import Fit
from convcli.engine.window import size_text
from convcli.imaging.image import full_scale
from convcli.kernels.recognition.recognise import Recognised
from convcli.options.option_groups import Options
from convcli.pipeline.jsonable import plain
from convcli.stores.urls import plain as named_part
from convcli.stores.urls import public

__all__ = [
    "FitReport",
    "PicturePair",
    "border_name",
    "commands",
    "described",
    "psnr",
    "quoted",
    "report",
    "sentences",
]

Array = NDArray[Any]

# Float targets of whole numbers count as rounded if their range is at least this: those of a small range may
# be whole by nature, as labels are.
MIN_ROUNDED_RANGE = 16


class PicturePair(NamedTuple):
    """Two picture files, before and after: paths as given, pixels of each frame in their own units, notes.

    `signal` tells whether either is an array of one axis.
    """

    input: str
    target: str
    inputs: tuple[Array, ...]
    targets: tuple[Array, ...]
    notes: tuple[str, ...]
    signal: bool = False


@dataclass(frozen=True, eq=False)
class FitReport:
    """A fit with its pictures, and for each fitted kernel the named one that it is.

    `output` is the path of the kernel file; `seconds` is how long fitting took.
    """

    pairs: tuple[PicturePair, ...]
    fit: Fit
    known: tuple[Recognised | None, ...]
    spec: LearnSpec
    reading: Reading
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

    @property
    def linear(self) -> bool:
        """Whether one kernel explains the pictures but for rounding."""
        return is_linear(self.fit, whole=self.whole, spread=self.spread)


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
        "verdict": list(sentences(result, say_english)),
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
        "filter": " && ".join(" ".join(words) for words in commands(result)),
    }
    return {key: plain(value) for key, value in held.items()}


def _known(known: Recognised | None) -> dict[str, Any] | None:
    if known is None:
        return None
    fields = known._asdict()
    return {"text": described(known, say_english), "kernel": fields.pop("spec"), **fields}


def described(known: Recognised, say: Say) -> str:
    """Return a named kernel, how it was turned and moved, and its cosine in one line."""
    turn = say(", {words}", words=say(known.turn)) if known.turn else ""
    down, right = known.shift
    steps = [say("{count} down" if down > 0 else "{count} up", count=abs(down))] if down else []
    steps += [say("{count} right" if right > 0 else "{count} left", count=abs(right))] if right else []
    shift = say(", {steps} of the middle", steps=listed(steps, say=say)) if steps else ""
    told = {"product": known.product, "turn": turn, "shift": shift, "cosine": f"{known.cosine:.4f}"}
    return say("{product}{turn}{shift} (cosine {cosine})", **told)


def psnr(result: FitReport) -> float | None:
    """Return ``20 log10(peak / rmse)`` in decibels; None where either is 0."""
    return 20 * math.log10(result.peak / result.fit.rmse) if result.fit.rmse > 0 and result.peak > 0 else None


def border_name(fit: Fit, say: Say = say_english) -> str:
    """Return the padding's name, or ``copied`` where the border was not filtered."""
    return say("copied") if fit.copied else fit.pad.value


def quoted(word: str) -> str:
    """Return a word as shells read it: bytes that are not printable escaped, within bash's ``$'...'``.

    Passwords and signatures in URLs are left out.
    """
    word = public(word)
    if word.isprintable():
        return shlex.quote(word)
    escaped = (
        f"\\{c}" if c in "\\'" else c if c.isprintable() else "".join(f"\\x{b:02x}" for b in os.fsencode(c))
        for c in word
    )
    return f"$'{''.join(escaped)}'"


def _option_word(name: str, value: object) -> str:
    """Return the option of a field with its value, as it is typed."""
    dashed = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{dashed}" if value else f"--no-{dashed}"
    text = size_text(value) if isinstance(value, tuple) else str(value)
    return f"{'-p' if name == 'pad' else f'--{dashed}'} {text}"


def _given(record: Options, *, leave_out: Sequence[str] = ()) -> list[str]:
    """Return the options of a record that differ from their defaults."""
    values = {name: getattr(record, name) for name in record.fields if name not in leave_out}
    kind = type(record)
    return [_option_word(name, value) for name, value in values.items() if value != getattr(kind, name)]


def commands(result: FitReport) -> Iterator[tuple[str, ...]]:
    """Yield the commands that make the target, in parts: each option with its value.

    `filter`, and before it the `learn` that writes the kernel where this one did not.
    """
    names = [name for pair in result.pairs for name in (pair.input, pair.target)]
    kernel = "-" if result.output == "-" else quoted(result.output or "kernel.json")
    if result.output is None:
        options = [*_given(result.spec, leave_out=("show_steps", "jobs")), *_given(result.reading)]
        yield ("convcli learn", *map(quoted, names), *options, f"-o {kernel}")
    fit, first = result.fit, result.pairs[0]
    words = ["convcli filter", quoted(first.input), f"-k {kernel}", f"-p {fit.pad}"]
    if fit.pad is PadMode.CONSTANT:
        words.append(f"--pad-value {fit.pad_value!r}")
    if fit.stride != (1, 1):
        words.append(f"-s {size_text(fit.stride)}")
    words += ["--convolve"] if fit.convolve else []
    words += ["--gray"] if result.spec.gray else []
    words += _given(result.reading)
    target = "target" if first.target == STDIN else first.target
    stem = os.path.splitext(os.path.basename(named_part(target)))[0]
    before, after = first.inputs[0], first.targets[0]
    exact = after.dtype.kind == "f" or after.dtype != before.dtype or fit.weights.ndim == 3
    made = quoted(f"{stem}-again{'.npy' if exact else '.png'}")
    yield (*words, *(["--range raw"] if exact else []), f"-o {made}")


def sentences(result: FitReport, say: Say) -> Iterator[str]:
    """Return the verdict on the fit."""
    fit, first = result.fit, result.pairs[0]
    yield from verdict(fit, whole=result.whole, spread=result.spread, say=say)
    if result.spec.pad == "auto" and fit.pad is PadMode.VALID:
        before, after = (size_text(made[0].shape) for made in (first.inputs, first.targets))
        told = {"size": size_text(fit.size), "before": before, "after": after}
        cropped = not result.linear and fit.method is FitMethod.LSTSQ
        told["more"] = say(" If the target was cropped, crop the input alike.") if cropped else ""
        yield say("Border: valid, with a {size} kernel: the sizes say so, {before} to {after}.{more}", **told)
