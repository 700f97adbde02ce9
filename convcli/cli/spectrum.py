"""``convcli spectrum``: the convolution theorem, checked and drawn."""

import typer

from convcli.cli import options, output
from convcli.cli.groups import spread
from convcli.cli.parsing import Command
from convcli.errors import UsageError
from convcli.specs import WriteSpec

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("spectrum", cls=Command)(spread(draw_spectra))


def draw_spectra(
    files: options.Files,
    kernel: options.KernelOption,
    reading: options.Reading,
    writing: options.Writing,
    talk: options.Talk,
    convolve: options.ConvolveOption = False,
    normalize: options.NormalizeOption = False,
) -> None:
    """Check the convolution theorem: multiplying spectra is sliding the kernel, with wrap padding."""
    if len(kernel) != 1:
        raise UsageError(f"--kernel is given {len(kernel)} times", hint="spectrum takes one")
    read = reading.begin(files.inputs)
    from convcli.workflows.spectrum import spectrum_files

    batch = spectrum_files(
        files.inputs,
        kernel[0],
        read,
        WriteSpec(**vars(writing)),
        convolve=convolve,
        normalize=normalize,
    )
    output.deliver(batch, talk)
