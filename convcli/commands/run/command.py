"""``convcli run``: pass pictures through a stack of layers."""

import typer

from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.specs import FilterSpec, ReadSpec, WriteSpec
from convcli.options.typer_parsers import Command
from convcli.pipeline import messages

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("run", cls=Command)(with_options(run_stack))


def run_stack(
    stack: shared_options.StackArgument,
    files: shared_options.InputOptions,
    pixels: shared_options.PixelOptions,
    reading: ReadSpec,
    writing: WriteSpec,
    printing: shared_options.PrintOptions,
    summary: shared_options.SummaryOption = False,
    save_maps: shared_options.SaveMapsOption = None,
    jobs: shared_options.JobsOption = None,
) -> None:
    """Pass pictures through a stack of layers: a small network, without PyTorch."""
    spec = FilterSpec(**vars(pixels), jobs=jobs)
    from convcli.commands.run.workflow import run_files  # here, as NumPy comes with it

    batch = run_files(stack, files.inputs, spec, reading, writing, summary=summary, save_maps=save_maps)
    messages.deliver(batch, printing)
