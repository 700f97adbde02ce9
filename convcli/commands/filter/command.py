"""``convcli filter``: slide kernels over pictures."""

import typer

from convcli.options import shared_options
from convcli.options.option_groups import spread
from convcli.options.specs import FilterSpec, ReadSpec, WriteSpec
from convcli.options.typer_parsers import Command
from convcli.options.window_options import Window
from convcli.pipeline import messages

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("filter", cls=Command)(spread(filter_images))


def filter_images(
    files: shared_options.Files,
    kernel: shared_options.KernelOption,
    window: Window,
    colours: shared_options.Colours,
    pixels: shared_options.Pixels,
    reading: shared_options.Reading,
    writing: shared_options.Writing,
    work: shared_options.Work,
    talk: shared_options.Talk,
    bias: shared_options.BiasOption = 0.0,
    convolve: shared_options.ConvolveOption = False,
    normalize: shared_options.NormalizeOption = False,
    chain: shared_options.ChainOption = False,
    combine: shared_options.CombineOption = None,
) -> None:
    """Slide kernels over pictures: correlation, as a convolution layer computes it."""
    spec = FilterSpec(
        **vars(window),
        **vars(colours),
        **vars(pixels),
        **vars(work),
        bias=bias,
        convolve=convolve,
        normalize=normalize,
        chain=chain,
        combine=combine,
    )
    read = ReadSpec(**vars(reading))
    from convcli.commands.filter.workflow import filter_files

    batch = filter_files(
        files.inputs,
        kernel,
        spec,
        read,
        WriteSpec(**vars(writing)),
        details=talk.json or talk.verbose,
    )
    messages.deliver(batch, talk)
