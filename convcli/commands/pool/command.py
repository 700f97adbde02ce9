"""``convcli pool``: make one pixel of each window."""

import typer

from convcli.options import shared_options
from convcli.options.option_groups import spread
from convcli.options.specs import PoolSpec, ReadSpec, WriteSpec
from convcli.options.typer_parsers import Command
from convcli.options.window_options import PoolWindow
from convcli.pipeline import messages

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("pool", cls=Command)(spread(pool_images))


def pool_images(
    files: shared_options.Files,
    window: PoolWindow,
    colours: shared_options.Colours,
    pixels: shared_options.Pixels,
    reading: shared_options.Reading,
    writing: shared_options.Writing,
    talk: shared_options.Talk,
    jobs: shared_options.JobsOption = None,
) -> None:
    """Pool pictures: the greatest, mean, least or middle pixel of each window, as a pooling layer does it."""
    spec = PoolSpec(**vars(window), **vars(colours), **vars(pixels), jobs=jobs)
    read = ReadSpec(**vars(reading))
    from convcli.commands.pool.workflow import pool_files

    batch = pool_files(
        files.inputs,
        spec,
        read,
        WriteSpec(**vars(writing)),
        details=talk.json or talk.verbose,
    )
    messages.deliver(batch, talk)
