"""``convcli spectrum``: the convolution theorem, verified and drawn."""

import typer

from convcli.errors import UsageError
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.specs import ReadSpec, WriteSpec
from convcli.options.typer_parsers import Command
from convcli.pipeline.delivery import deliver

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("spectrum", cls=Command)(with_options(draw_spectra))


def draw_spectra(
    files: shared_options.InputOptions,
    kernel: shared_options.KernelOption,
    reading: ReadSpec,
    writing: WriteSpec,
    printing: shared_options.PrintOptions,
    convolve: shared_options.ConvolveOption = False,
    normalize: shared_options.NormalizeOption = False,
) -> None:
    """Check the convolution theorem, and draw the spectra.

    Multiplying spectra equals sliding the kernel, with wrap padding: the largest difference of the two is
    printed, and the spectra of picture, kernel and result are drawn.

    Examples
    --------
    # what a blur leaves of each frequency
    convcli spectrum sample_images/camera.png -k gaussian:sigma=2 -o spectrum.png

    # the difference alone, as JSON
    convcli spectrum sample_images/camera.png -k sobel-x --json
    """
    if len(kernel) != 1:
        raise UsageError(f"--kernel is given {len(kernel)} times", hint="spectrum takes one")
    from convcli.commands.spectrum.workflow import spectrum_files  # here, as NumPy comes with it

    batch = spectrum_files(files.inputs, kernel[0], reading, writing, convolve=convolve, normalize=normalize)
    deliver(batch, printing, "transforming")
