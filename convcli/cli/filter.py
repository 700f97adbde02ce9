"""``convcli filter``: slide kernels over pictures."""

import typer

from convcli.cli import options, output
from convcli.cli.groups import spread
from convcli.cli.parsing import Command
from convcli.cli.windows import Window
from convcli.specs import FilterSpec, WriteSpec

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("filter", cls=Command)(spread(filter_images))


def filter_images(
    files: options.Files,
    kernel: options.KernelOption,
    window: Window,
    colours: options.Colours,
    pixels: options.Pixels,
    reading: options.Reading,
    writing: options.Writing,
    work: options.Work,
    talk: options.Talk,
    bias: options.BiasOption = 0.0,
    convolve: options.ConvolveOption = False,
    normalize: options.NormalizeOption = False,
    chain: options.ChainOption = False,
    combine: options.CombineOption = None,
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
    read = reading.begin(files.inputs)
    from convcli.workflows.filter import filter_files

    batch = filter_files(
        files.inputs,
        kernel,
        spec,
        read,
        WriteSpec(**vars(writing)),
        details=talk.json or talk.verbose,
    )
    output.deliver(batch, talk)
