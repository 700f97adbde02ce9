"""``convcli run``: pass pictures through a stack of layers."""

from typing import Annotated

import typer

from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.specs import FilterSpec, ReadSpec, WriteSpec
from convcli.options.typer_parsers import Command, folder_path, verbatim
from convcli.pipeline import messages

__all__ = ["register"]

StackArgument = Annotated[
    str,
    typer.Argument(
        metavar="STACK.toml", parser=verbatim, show_default=False, help="The layers: see docs/stacks.md."
    ),
]

SaveMapsOption = Annotated[
    str | None,
    typer.Option(
        "--save-maps",
        metavar="DIR",
        parser=folder_path,
        rich_help_panel="Files",
        help="Write the feature maps of every layer as pictures, and a contact sheet of each layer.",
    ),
]

SummaryOption = Annotated[
    bool,
    typer.Option(
        "--summary",
        rich_help_panel="Messages",
        help="A table of the layers on stderr: output, weights, receptive field, multiply-adds, time.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("run", cls=Command)(with_options(run_stack))


def run_stack(
    stack: StackArgument,
    files: shared_options.InputOptions,
    pixels: shared_options.PixelOptions,
    reading: ReadSpec,
    writing: WriteSpec,
    printing: shared_options.PrintOptions,
    summary: SummaryOption = False,
    save_maps: SaveMapsOption = None,
    jobs: shared_options.JobsOption = None,
) -> None:
    """Pass pictures through a stack of layers: a small network, without PyTorch."""
    spec = FilterSpec(**vars(pixels), jobs=jobs).informed(pixels.environment)
    from convcli.commands.run.workflow import run_files  # here, as NumPy comes with it

    batch = run_files(stack, files.inputs, spec, reading, writing, summary=summary, save_maps=save_maps)
    messages.deliver(batch, printing)
