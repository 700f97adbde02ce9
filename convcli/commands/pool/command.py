"""``convcli pool``: max, average, min, median and Lp pooling of pictures."""

import typer

from convcli.options import shared_options
from convcli.options.batch_options import BatchSpec, PieceSpec
from convcli.options.option_groups import with_options
from convcli.options.specs import PoolSpec, ReadSpec, SheetSpec
from convcli.options.typer_parsers import Command
from convcli.pipeline.delivery import deliver

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("pool", cls=Command)(with_options(pool_images))


def pool_images(
    files: shared_options.InputOptions,
    spec: PoolSpec,
    reading: ReadSpec,
    writing: SheetSpec,
    pieces: PieceSpec,
    spreading: BatchSpec,
    printing: shared_options.PrintOptions,
) -> None:
    """Max, average, min, median or Lp pooling of pictures.

    As a pooling layer computes it: the windows stand side by side unless --stride says otherwise, and padding
    never wins max or min. Along a signal, an array of one axis, one number is a size or a padding along it.

    Examples
    --------
    # half the size, by the largest value of each 2 x 2 window
    convcli pool sample_images/camera.png -o half.png

    # a median filter, which keeps the size: noise goes, edges stay
    convcli pool sample_images/camera.png --mode median --size 5 --stride 1 --padding same -o calm.png

    # global average pooling: one number
    convcli pool sample_images/camera.png --mode avg --global -o mean.csv
    """
    from convcli.commands.pool.workflow import pool_files  # here, as NumPy comes with it

    details = printing.json or printing.verbose
    batch = pool_files(files.inputs, spec, reading, writing, pieces, spreading, details=details)
    deliver(batch, printing, "pooling")
