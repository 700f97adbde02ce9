"""``convcli learn``: fit a kernel to pictures before and after."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from convcli.choices import FitMethod
from convcli.commands.learn.spec import KernelFile, LearnSpec, Pairs, Reading
from convcli.display.language import Say, say_english
from convcli.errors import UsageError
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.typer_parsers import Command
from convcli.pipeline import messages

if TYPE_CHECKING:
    from convcli.pipeline.batch import Progress

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("learn", cls=Command)(with_options(learn_kernel))


def learn_kernel(
    pairs: Pairs,
    spec: LearnSpec,
    kernel_file: KernelFile,
    reading: Reading,
    printing: shared_options.PrintOptions,
    lang: shared_options.LangOption = None,
) -> None:
    """Find the kernel that makes one picture of another.

    The kernel and bias whose feature map comes nearest to the target, and what is known about them: how good
    the fit is, whether another kernel is as good, and the named kernel that it resembles.

    Examples
    --------
    # a blurred picture, to learn from
    convcli filter sample_images/camera.png -k gaussian:sigma=1.2 -p wrap -o blurred.png

    # which kernel, of what size, and with which padding
    convcli learn sample_images/camera.png blurred.png

    # the same by gradient descent; the kernel goes to a file for -k
    convcli learn sample_images/camera.png blurred.png -p wrap --size 7 --method adam -o kernel.json
    """
    if kernel_file.output is None and kernel_file.format is not None:
        raise UsageError(
            f"--format {kernel_file.format} has no effect without -o", hint="add -o FILE, or -o -"
        )
    if printing.json and kernel_file.output == "-":
        raise UsageError("--json and -o - both want stdout", hint="name a file with -o, or leave --json out")
    from convcli.commands.learn.workflow import STEPS, learn  # here, as NumPy comes with it
    from convcli.pipeline.batch import Progress

    report_on_stdout = not printing.json and kernel_file.output is None
    progress = Progress(None if spec.method is FitMethod.LSTSQ else spec.steps or STEPS)
    quiet = printing.quiet or spec.show_steps is not None
    say = say_english if printing.json else messages.speaker(__package__, lang, quiet=printing.quiet)
    with messages.progress_bar(progress, "fitting", quiet=quiet, no_color=printing.no_color):
        done = learn(
            pairs.files,
            spec,
            reading,
            output=kernel_file.output,
            format=kernel_file.format,
            force=kernel_file.force,
            watch=_watch(spec.show_steps, progress, say if report_on_stdout else None, quiet=printing.quiet),
            say=say,
        )
    if not printing.quiet:
        for note in (*done.details, *done.notes) if printing.verbose else done.notes:
            messages.say(note)
    if report_on_stdout or not (printing.quiet or printing.json):
        messages.draw(done.sheet, no_color=printing.no_color, stderr=not report_on_stdout)
    if printing.json:
        messages.json_line(done.report)
    elif done.exported is not None and done.exported.path is not None:
        messages.path(done.exported.path)
    elif done.exported is not None:
        messages.product(done.exported.data)


def _watch(
    every: int | None, progress: "Progress", say: Say | None, *, quiet: bool
) -> Callable[[int, float], None]:
    """Return the function that is called after each step of descent: it prints the loss of every so many.

    On stdout, by `say`; on stderr without it.
    """

    def watch(step: int, loss: float) -> None:
        progress.done += 1
        if every is not None and step % every == 0:
            told = {"step": step, "loss": f"{loss:.3f}"}
            if say is not None:
                line = say("Step {step}, loss {loss}", **told)
                messages.product(f"{line}\n".encode(messages.stdout().encoding))
            elif not quiet:
                messages.say(say_english("Step {step}, loss {loss}", **told))

    return watch
