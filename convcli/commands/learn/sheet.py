"""The terminal report of a fit: kernels, facts, trials, and the command that does the same."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.text import Text

from convcli.choices import FitMethod, PadMode
from convcli.commands.learn.report import FitReport, border_name, commands, psnr, sentences
from convcli.commands.learn.verdict import four_digits, percent, reads_no_border
from convcli.commands.learn.view import Beside, CommandLine, Losses, open_directions, trials, weights
from convcli.display.terminal.facts import pairs
from convcli.display.words import printable
from convcli.engine.fitting.fit import Fit
from convcli.engine.window import size_text
from convcli.pipeline.batch import Source

__all__ = ["sheet"]

# Values below this share of the peak, and errors below this share of the largest weight, are rounding: 0.
NEGLIGIBLE = 1e-12

# Residuals of sizes below this share of the targets' spread are rounding.
SIZES_ROUNDING = 1e-6


def sheet(result: FitReport) -> Group:
    """Return what is printed for people; names may hold line breaks, and need not be UTF-8."""
    return Group(*_sheet(result))


def _sheet(result: FitReport) -> Iterator[RenderableType]:
    fit, first = result.fit, result.pairs[0]
    more = f", and {len(result.pairs) - 1} more" if len(result.pairs) > 1 else ""
    title = f"{Source(first.input).name} -> {Source(first.target).name}{more}"
    yield Text(printable(title), style="bold")
    yield from map(Text, sentences(result))
    planes, errors = (array.reshape(-1, *fit.size) for array in (fit.weights, fit.errors))
    for index, (plane, error) in enumerate(zip(planes, errors, strict=True)):
        shown = np.where(error > NEGLIGIBLE * np.abs(plane).max(), error, 0.0)
        yield Text("")
        yield from weights(f"kernel of channel {index}" if len(planes) > 1 else "kernel", plane, shown)
        yield pairs(_kernel_facts(result, index, shown))
    yield Text("")
    yield pairs(_facts(result))
    if fit.steps:
        yield Losses([step.loss for step in fit.steps])
    tables = []
    if fit.borders and not reads_no_border(fit):
        tables.append(trials("border", list(_borders(result))))
    if fit.sizes:
        tables.append(trials("size", list(_sizes(result))))
    if tables:
        yield Text("")
        yield Beside(*tables) if len(tables) == 2 else tables[0]
    if fit.freedom:
        yield from open_directions(fit.freedom)
    yield Text(f"\n{_purpose(result)}:", style="dim")
    yield from map(CommandLine, commands(result))


def _purpose(result: FitReport) -> str:
    """Say what the printed commands make."""
    fit = result.fit
    if not result.linear:
        return "The nearest that a filter does"
    given = ", with the kernel on stdin" if result.output == "-" else ""
    if fit.border_fits and not fit.copied:
        return f"To make the target from the input{given}"
    width = max(side // 2 for side in fit.size)
    band = f"{width} pixel{'s' if width > 1 else ''} along each edge"
    return f"To make the target's inner part, all but {band}{given}"


def _kernel_facts(result: FitReport, index: int, errors: NDArray[np.float64]) -> Iterator[tuple[str, str]]:
    fit, known = result.fit, result.known[index]
    undetermined = "" if fit.unique else ", as the pictures leave it open"
    yield "known", f"none{undetermined}" if known is None else str(known)
    if result.spec.bias:
        bias, bias_error = np.ravel(fit.bias)[index], np.ravel(fit.bias_error)[index]
        error = bias_error if bias_error > NEGLIGIBLE * result.peak else 0.0
        yield "bias", _size_of(bias, result) + (f" ± {error:.2g}" if np.isfinite(error) else "")
    yield "errors", _range(errors)


def _size_of(value: float, result: FitReport) -> str:
    """Write a bias or a residual; what is rounding is 0."""
    return four_digits(value if abs(value) > NEGLIGIBLE * result.peak else 0.0)


def _range(errors: NDArray[np.float64]) -> str:
    if not np.isfinite(errors).all():
        return "not known: the pictures do not determine every weight"
    low, high = float(errors.min()), float(errors.max())
    if high == 0:
        return "0: there is no noise"
    return f"{low:.2g} each" if high <= 1.05 * low else f"{low:.2g} to {high:.2g} each"


def _facts(result: FitReport) -> Iterator[tuple[str, str]]:
    fit, spec = result.fit, result.spec
    yield "size", f"{size_text(fit.size)}{', found' if spec.size == 'auto' else ''}{_stride(fit)}"
    yield "border", f"{border_name(fit)}{_border_remark(result)}"
    yield "fitted", _samples(fit)
    residual, worst = _size_of(fit.rmse, result), _size_of(fit.worst, result)
    yield "residual", f"{residual} (root mean square), {worst} at most"
    yield "R2", f"{fit.r2:.6f}, {percent(fit.r2)} of the target's variance"
    ratio = psnr(result) if residual != "0" else None
    yield "PSNR", "infinite" if ratio is None else f"{ratio:.1f} dB, relative to {four_digits(result.peak)}"
    if fit.holdout is not None:
        held = fit.holdout
        yield "held out", f"{held.samples} values: residual {_size_of(held.rmse, result)}, R2 {held.r2:.6f}"
    yield "condition", f"{fit.condition:.3g}"
    yield "unique", "yes" if fit.unique else f"no: {len(fit.freedom)} directions are open"
    yield "method", _method(result)
    penalty = f" + {spec.l2:g} * (sum of squared weights)" if spec.l2 else ""
    loss = 0.0 if residual == "0" and not spec.l2 else fit.loss
    yield "loss", f"{four_digits(loss)}, {spec.loss} of squares{penalty}"


def _method(result: FitReport) -> str:
    fit = result.fit
    if fit.method is FitMethod.LSTSQ:
        return "lstsq, the normal equations"
    rate = f"rate {fit.lr:.4g}" if fit.lr is not None else ""
    limit = f"; converges below {fit.rate_limit:.4g}" if fit.method is FitMethod.GD else ""
    return f"{fit.method}, {len(fit.steps)} steps, {rate}{limit}"


def _border_remark(result: FitReport) -> str:
    fit = result.fit
    value = f" {four_digits(fit.pad_value)}" if fit.pad is PadMode.CONSTANT and not fit.copied else ""
    if result.spec.pad != "auto" or not fit.border_fits:
        return value
    return ", or any other" if fit.borders and reads_no_border(fit) else f"{value}, found"


def _samples(fit: Fit) -> str:
    share = fit.left_out / ((fit.samples + fit.left_out) or 1)
    left = f"; {percent(share)} left out, black or white" if fit.left_out else ""
    return f"{fit.samples} values{left}"


def _stride(fit: Fit) -> str:
    words = f", stride {size_text(fit.stride)}" if fit.stride != (1, 1) else ""
    return words + (", for convolution" if fit.convolve else "")


def _borders(result: FitReport) -> Iterator[tuple[str, str, str]]:
    fit = result.fit
    ties = sum(trial.best for trial in fit.borders) > 1
    found = "as good" if ties else "found" if fit.border_fits else "nearest, but does not fit"
    for trial in fit.borders:
        value = f" {four_digits(trial.value)}" if trial.value is not None else ""
        yield f"{trial.mode}{value}", _size_of(trial.rms, result), found if trial.best else ""


def _sizes(result: FitReport) -> Iterator[tuple[str, str, str]]:
    fit, taken = result.fit, False
    for trial in fit.sizes:
        remark = ""
        if not taken and all(side >= own for side, own in zip(trial.size, fit.size, strict=True)):
            taken = True
            remark = "taken" if trial.size == fit.size else f"taken, less empty edges: {size_text(fit.size)}"
        left = trial.rms if trial.rms > SIZES_ROUNDING * result.spread else 0.0
        yield size_text(trial.size), four_digits(left), remark
