"""``convcli learn``: find the kernel that makes one picture of another."""

from collections.abc import Callable

import typer

from convcli.choices import FitMethod
from convcli.commands.learn.spec import LearnSpec, Opening, Pairs, Saving
from convcli.errors import UsageError
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.specs import ReadSpec
from convcli.options.typer_parsers import Command
from convcli.pipeline import messages

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("learn", cls=Command)(with_options(learn_kernel))


def learn_kernel(
    pairs: Pairs,
    spec: LearnSpec,
    saving: Saving,
    opening: Opening,
    talk: shared_options.Talk,
) -> None:
    """Find the kernel that makes one picture of another, and say what is known about it."""
    if saving.output is None and saving.format is not None:
        raise UsageError(f"--format {saving.format} has no effect without -o", hint="add -o FILE, or -o -")
    if talk.json and saving.output == "-":
        raise UsageError("--json and -o - both want stdout", hint="name a file with -o, or leave --json out")
    from convcli.commands.learn.workflow import STEPS, learn

    told_on_stdout = not talk.json and saving.output is None
    total = None if spec.method is FitMethod.LSTSQ or spec.show_steps else spec.steps or STEPS
    with messages.meter(total, "descending", quiet=talk.quiet) as advance:
        done = learn(
            pairs.files,
            spec,
            ReadSpec(**vars(opening)),
            output=saving.output,
            format=saving.format,
            watch=_watch(spec.show_steps, advance, on_stdout=told_on_stdout, quiet=talk.quiet),
        )
    if not talk.quiet:
        for note in (*done.details, *done.notes) if talk.verbose else done.notes:
            messages.say(note)
    if told_on_stdout or not (talk.quiet or talk.json):
        messages.draw(done.sheet, no_color=talk.no_color, stderr=not told_on_stdout)
    if talk.json:
        messages.json_line(done.report)
    elif done.exported is not None and done.exported.path is not None:
        messages.path(done.exported.path)
    elif done.exported is not None:
        messages.product(done.exported.data)


def _watch(
    every: int | None, advance: Callable[[], None], *, on_stdout: bool, quiet: bool
) -> Callable[[int, float], None]:
    def watch(step: int, loss: float) -> None:
        advance()
        if every is not None and step % every == 0:
            line = f"Step {step}, loss {loss:.3f}"
            if on_stdout:
                messages.product(f"{line}\n".encode())
            elif not quiet:
                messages.say(line)

    return watch
