"""``convcli pool``: make one pixel of each window."""

import typer

from convcli.cli import options, output
from convcli.cli.groups import spread
from convcli.cli.parsing import Command
from convcli.cli.windows import PoolWindow
from convcli.specs import PoolSpec, WriteSpec

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("pool", cls=Command)(spread(pool_images))


def pool_images(
    files: options.Files,
    window: PoolWindow,
    colours: options.Colours,
    pixels: options.Pixels,
    reading: options.Reading,
    writing: options.Writing,
    talk: options.Talk,
    jobs: options.JobsOption = None,
) -> None:
    """Pool pictures: the greatest, mean, least or middle pixel of each window, as a pooling layer does it."""
    spec = PoolSpec(**vars(window), **vars(colours), **vars(pixels), jobs=jobs)
    read = reading.begin(files.inputs)
    from convcli.workflows.pool import pool_files

    batch = pool_files(
        files.inputs,
        spec,
        read,
        WriteSpec(**vars(writing)),
        details=talk.json or talk.verbose,
    )
    output.deliver(batch, talk)
