"""``convcli filter``: slide kernels over pictures."""

import typer

from convcli.options import shared_options
from convcli.options.batch_options import BatchSpec, PieceSpec
from convcli.options.option_groups import with_options
from convcli.options.specs import FilterSpec, ReadSpec, SheetSpec
from convcli.options.typer_parsers import Command
from convcli.pipeline.delivery import deliver

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("filter", cls=Command)(with_options(filter_images))


def filter_images(
    files: shared_options.InputOptions,
    kernel: shared_options.KernelOption,
    spec: FilterSpec,
    reading: ReadSpec,
    writing: SheetSpec,
    pieces: PieceSpec,
    spreading: BatchSpec,
    printing: shared_options.PrintOptions,
) -> None:
    """Slide kernels over pictures, as a convolution layer computes it.

    That is correlation: the kernel is not rotated unless --convolve says so. Each kernel gives a feature map,
    and a file named after the input, unless -o or --out-dir says where to. Along a signal, an array of one
    axis, one number is a size or a padding along it, and a kernel of several rows is the sum of its rows.

    Examples
    --------
    # edges, by the magnitude of two kernels
    convcli filter sample_images/camera.png -k sobel -o edges.png

    # a matrix of your own, here one that sharpens
    convcli filter sample_images/coffee.png -k "0 -1 0; -1 5 -1; 0 -1 0"

    # every picture of a folder, blurred
    convcli filter sample_images --recursive -k gaussian --out-dir blurred
    """
    from convcli.commands.filter.workflow import filter_files  # here, as NumPy comes with it

    details = printing.json or printing.verbose
    batch = filter_files(
        files.inputs,
        kernel,
        spec,
        reading,
        writing,
        pieces,
        spreading,
        details=details,
        quiet=printing.quiet,
    )
    deliver(batch, printing, "filtering")
