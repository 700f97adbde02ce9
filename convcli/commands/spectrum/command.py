"""``convcli spectrum``: the convolution theorem, checked and drawn."""

import typer

from convcli.errors import UsageError
from convcli.options import shared_options
from convcli.options.option_groups import spread
from convcli.options.specs import ReadSpec, WriteSpec
from convcli.options.typer_parsers import Command
from convcli.pipeline import messages

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("spectrum", cls=Command)(spread(draw_spectra))


def draw_spectra(
    files: shared_options.Files,
    kernel: shared_options.KernelOption,
    reading: shared_options.Reading,
    writing: shared_options.Writing,
    talk: shared_options.Talk,
    convolve: shared_options.ConvolveOption = False,
    normalize: shared_options.NormalizeOption = False,
) -> None:
    """Check the convolution theorem: multiplying spectra is sliding the kernel, with wrap padding."""
    if len(kernel) != 1:
        raise UsageError(f"--kernel is given {len(kernel)} times", hint="spectrum takes one")
    read = ReadSpec(**vars(reading))
    from convcli.commands.spectrum.workflow import spectrum_files

    batch = spectrum_files(
        files.inputs,
        kernel[0],
        read,
        WriteSpec(**vars(writing)),
        convolve=convolve,
        normalize=normalize,
    )
    messages.deliver(batch, talk)
