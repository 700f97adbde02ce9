"""The terminal report of a fit: kernels, facts, trials, and the command that does the same."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.text import Text

from convcli.choices import FitMethod, Loss, PadMode
from convcli.commands.learn.report import FitReport, border_name, commands, described, psnr, sentences
from convcli.commands.learn.verdict import four_digits, percent, reads_no_border
from convcli.commands.learn.view import Beside, CommandLine, Losses, open_directions, trials, weights
from convcli.display.language import Say
from convcli.display.terminal.facts import pairs
from convcli.display.words import printable
from convcli.engine.fitting.fit import Fit
from convcli.engine.fitting.padding_search import COPIED
from convcli.engine.window import size_text
from convcli.pipeline.batch import Source

__all__ = ["sheet"]

# Values below this share of the peak, and errors below this share of the largest weight, are rounding: 0.
NEGLIGIBLE = 1e-12

# Residuals of sizes below this share of the targets' spread are rounding.
SIZES_ROUNDING = 1e-6


def sheet(result: FitReport, say: Say) -> Group:
    """Return what is printed for people; names may hold line breaks, and need not be UTF-8."""
    return Group(*_sheet(result, say))


def _sheet(result: FitReport, say: Say) -> Iterator[RenderableType]:
    fit, first = result.fit, result.pairs[0]
    title = f"{Source(first.input).name} -> {Source(first.target).name}"
    if len(result.pairs) > 1:
        title = say("{pair}, and {count} more", pair=title, count=len(result.pairs) - 1)
    yield Text(printable(title), style="bold")
    yield from map(Text, sentences(result, say))
    planes, errors = (array.reshape(-1, *fit.size) for array in (fit.weights, fit.errors))
    for index, (plane, error) in enumerate(zip(planes, errors, strict=True)):
        shown = np.where(error > NEGLIGIBLE * np.abs(plane).max(), error, 0.0)
        yield Text("")
        heading = say("kernel of channel {index}" if len(planes) > 1 else "kernel", index=index)
        yield from weights(heading, plane, shown, say)
        yield pairs(_kernel_facts(result, index, shown, say))
    yield Text("")
    yield pairs(_facts(result, say))
    if fit.steps:
        yield Losses([step.loss for step in fit.steps], say)
    tables = []
    if fit.borders and not reads_no_border(fit):
        tables.append(trials(say("border"), list(_borders(result, say)), say))
    if fit.sizes:
        tables.append(trials(say("size"), list(_sizes(result, say)), say))
    if tables:
        yield Text("")
        yield Beside(*tables) if len(tables) == 2 else tables[0]
    if fit.freedom:
        yield from open_directions(fit.freedom, say)
    yield Text(f"\n{_purpose(result, say)}", style="dim")
    yield from map(CommandLine, commands(result))


def _purpose(result: FitReport, say: Say) -> str:
    """Say what the printed commands make."""
    fit = result.fit
    if not result.linear:
        return say("The nearest that a filter does:")
    if fit.border_fits and not fit.copied:
        made = say("To make the target from the input")
    else:
        width = max(side // 2 for side in fit.size)
        s = "s" * (width != 1)
        made = say(
            "To make the target's inner part, all but {count} pixel{s} along each edge", count=width, s=s
        )
    return say("{made}, with the kernel on stdin:" if result.output == "-" else "{made}:", made=made)


def _kernel_facts(
    result: FitReport, index: int, errors: NDArray[np.float64], say: Say
) -> Iterator[tuple[str, str]]:
    fit, known = result.fit, result.known[index]
    none = say("none" if fit.unique else "none, as the pictures leave it open")
    yield say("known"), described(known, say) if known is not None else none
    if result.spec.bias:
        bias, bias_error = np.ravel(fit.bias)[index], np.ravel(fit.bias_error)[index]
        error = bias_error if bias_error > NEGLIGIBLE * result.peak else 0.0
        yield say("bias"), _size_of(bias, result) + (f" ± {error:.2g}" if np.isfinite(error) else "")
    yield say("errors"), _range(errors, say)


def _size_of(value: float, result: FitReport) -> str:
    """Write a bias or a residual; what is rounding is 0."""
    return four_digits(value if abs(value) > NEGLIGIBLE * result.peak else 0.0)


def _range(errors: NDArray[np.float64], say: Say) -> str:
    if not np.isfinite(errors).all():
        return say("not known: the pictures do not determine every weight")
    low, high = float(errors.min()), float(errors.max())
    if high == 0:
        return say("0: there is no noise")
    if high <= 1.05 * low:
        return say("{error} each", error=f"{low:.2g}")
    return say("{low} to {high} each", low=f"{low:.2g}", high=f"{high:.2g}")


def _facts(result: FitReport, say: Say) -> Iterator[tuple[str, str]]:
    fit, spec = result.fit, result.spec
    yield say("size"), _size(result, say)
    yield say("border"), _border(result, say)
    yield say("fitted"), _samples(fit, say)
    residual, worst = _size_of(fit.rmse, result), _size_of(fit.worst, result)
    left = {"residual": residual, "worst": worst}
    yield say("residual"), say("{residual} (root mean square), {worst} at most", **left)
    yield "R2", say("{r2}, {share} of the target's variance", r2=f"{fit.r2:.6f}", share=percent(fit.r2))
    ratio = psnr(result) if residual != "0" else None
    told = {"ratio": f"{ratio or 0:.1f}", "peak": four_digits(result.peak)}
    yield "PSNR", say("infinite" if ratio is None else "{ratio} dB, relative to {peak}", **told)
    if fit.holdout is not None:
        held = fit.holdout
        told = {"count": str(held.samples), "residual": _size_of(held.rmse, result), "r2": f"{held.r2:.6f}"}
        yield say("held out"), say("{count} values: residual {residual}, R2 {r2}", **told)
    yield say("condition"), f"{fit.condition:.3g}"
    yield (
        say("unique"),
        say("yes" if fit.unique else "no: {count} directions are open", count=len(fit.freedom)),
    )
    yield say("method"), _method(result, say)
    loss = 0.0 if residual == "0" and not spec.l2 else fit.loss
    of = say("mean of squares" if spec.loss is Loss.MEAN else "sum of squares")
    told = {"loss": four_digits(loss), "of": of, "l2": f"{spec.l2:g}"}
    with_l2 = "{loss}, {of} + {l2} * (sum of squared weights)"
    yield say("loss"), say(with_l2 if spec.l2 else "{loss}, {of}", **told)


def _method(result: FitReport, say: Say) -> str:
    fit = result.fit
    if fit.method is FitMethod.LSTSQ:
        return say("lstsq, the normal equations")
    rate, limit = (f"{value:.4g}" if value is not None else "" for value in (fit.lr, fit.rate_limit))
    below = say("; converges below {limit}", limit=limit) if fit.method is FitMethod.GD else ""
    told = {"method": fit.method, "steps": len(fit.steps), "rate": rate, "below": below}
    return say("{method}, {steps} steps, rate {rate}{below}", **told)


def _border(result: FitReport, say: Say) -> str:
    fit = result.fit
    value = f" {four_digits(fit.pad_value)}" if fit.pad is PadMode.CONSTANT and not fit.copied else ""
    border = border_name(fit, say)
    if result.spec.pad != "auto" or not fit.border_fits:
        return f"{border}{value}"
    if fit.borders and reads_no_border(fit):
        return say("{border}, or any other", border=border)
    return say("{what}, found", what=f"{border}{value}")


def _samples(fit: Fit, say: Say) -> str:
    share = fit.left_out / ((fit.samples + fit.left_out) or 1)
    if not fit.left_out:
        return say("{count} values", count=fit.samples)
    return say("{count} values; {share} left out, black or white", count=fit.samples, share=percent(share))


def _size(result: FitReport, say: Say) -> str:
    fit = result.fit
    words = size_text(fit.size)
    if result.spec.size == "auto":
        words = say("{what}, found", what=words)
    if fit.stride != (1, 1):
        words = say("{what}, stride {stride}", what=words, stride=size_text(fit.stride))
    return say("{what}, for convolution", what=words) if fit.convolve else words


def _borders(result: FitReport, say: Say) -> Iterator[tuple[str, str, str]]:
    fit = result.fit
    found = say("found" if fit.border_fits else "nearest, but does not fit")
    if sum(trial.best for trial in fit.borders) > 1:
        found = say("as good")
    for trial in fit.borders:
        value = f" {four_digits(trial.value)}" if trial.value is not None else ""
        mode = say("copied") if trial.mode == COPIED else trial.mode
        yield f"{mode}{value}", _size_of(trial.rms, result), found if trial.best else ""


def _sizes(result: FitReport, say: Say) -> Iterator[tuple[str, str, str]]:
    fit, taken = result.fit, False
    for trial in fit.sizes:
        remark = ""
        if not taken and all(side >= own for side, own in zip(trial.size, fit.size, strict=True)):
            taken = True
            whole = trial.size == fit.size
            remark = say("taken" if whole else "taken, less empty edges: {size}", size=size_text(fit.size))
        left = trial.rms if trial.rms > SIZES_ROUNDING * result.spread else 0.0
        yield size_text(trial.size), four_digits(left), remark
