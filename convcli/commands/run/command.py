"""``convcli run``: pass pictures through a stack of layers."""

from typing import Annotated

import typer

from convcli.options import shared_options
from convcli.options.batch_options import BatchSpec
from convcli.options.option_groups import with_options
from convcli.options.pixel_options import PixelOptions
from convcli.options.specs import FilterSpec, ReadSpec, SheetSpec
from convcli.options.typer_parsers import Command, folder_path, verbatim
from convcli.pipeline.delivery import deliver

__all__ = ["register"]

StackArgument = Annotated[
    str,
    typer.Argument(
        metavar="STACK.toml",
        parser=verbatim,
        show_default=False,
        help="The layers. See docs/stacks.md for what a stack may hold.",
    ),
]

SaveMapsOption = Annotated[
    str | None,
    shared_options.essential_option(
        "--save-maps",
        metavar="DIR",
        parser=folder_path,
        help="Write the feature maps of every layer as pictures. And a contact sheet of each layer.",
    ),
]

SummaryOption = Annotated[
    bool,
    shared_options.essential_option(
        "--summary",
        help="A table of the layers on stderr. Output, weights, receptive field, multiply-adds, time.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("run", cls=Command)(with_options(run_stack))


def run_stack(
    stack: StackArgument,
    files: shared_options.InputOptions,
    pixels: PixelOptions,
    reading: ReadSpec,
    writing: SheetSpec,
    spreading: BatchSpec,
    printing: shared_options.PrintOptions,
    summary: SummaryOption = False,
    save_maps: SaveMapsOption = None,
    jobs: shared_options.BatchJobsOption = None,
) -> None:
    """Pass pictures through a stack of layers: a small network.

    Convolutions, pooling, activations and normalisation as PyTorch computes them, without PyTorch; weights by
    the name of a kernel, inline, or from .npz and .safetensors files.

    Examples
    --------
    # a table of the layers, and every layer's feature maps as pictures
    convcli run sample_images/stacks/edges.toml sample_images/camera.png --summary --save-maps maps

    # the result as an array with channels first, as PyTorch has them
    convcli run sample_images/stacks/small.toml sample_images/camera.png --layout chw -o maps.npy
    """
    spec = FilterSpec(**vars(pixels), jobs=jobs)
    from convcli.commands.run.workflow import run_files  # here, as NumPy comes with it

    batch = run_files(
        stack, files.inputs, spec, reading, writing, spreading, summary=summary, save_maps=save_maps
    )
    deliver(batch, printing, "running")
