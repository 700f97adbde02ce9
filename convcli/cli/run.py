"""``convcli run``: pass pictures through a stack of layers."""

import typer

from convcli.cli import options, output
from convcli.cli.groups import spread
from convcli.cli.parsing import Command
from convcli.specs import FilterSpec, WriteSpec

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("run", cls=Command)(spread(run_stack))


def run_stack(
    stack: options.StackArgument,
    files: options.Files,
    pixels: options.Pixels,
    reading: options.Reading,
    writing: options.Writing,
    talk: options.Talk,
    summary: options.SummaryOption = False,
    save_maps: options.SaveMapsOption = None,
    jobs: options.JobsOption = None,
) -> None:
    """Pass pictures through a stack of layers: a small network, without PyTorch."""
    spec = FilterSpec(**vars(pixels), jobs=jobs)
    read = reading.begin(files.inputs)
    from convcli.workflows.run import run_files

    batch = run_files(
        stack,
        files.inputs,
        spec,
        read,
        WriteSpec(**vars(writing)),
        summary=summary,
        save_maps=save_maps,
    )
    output.deliver(batch, talk)
