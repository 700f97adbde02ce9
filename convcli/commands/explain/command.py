"""``convcli explain``: one output pixel, step by step."""

import typer

from convcli.choices import AlphaMode
from convcli.commands.explain.spec import ExplainSpec
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.pixel_options import GrayOption, PixelOptions
from convcli.options.specs import ReadSpec
from convcli.options.typer_parsers import Command
from convcli.pipeline import messages
from convcli.pipeline.delivery import deliver

__all__ = ["register"]

# Without kernels, pooling or a stack is explained.
NO_KERNELS: list[str] = []


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("explain", cls=Command)(with_options(explain_pixel))


def explain_pixel(
    files: shared_options.InputOptions,
    *,
    kernel: shared_options.KernelOption = NO_KERNELS,
    explain_spec: ExplainSpec,
    pixels: PixelOptions,
    reading: ReadSpec,
    printing: shared_options.PrintOptions,
    force: shared_options.ForceOption = False,
    bias: shared_options.BiasOption = 0.0,
    convolve: shared_options.ConvolveOption = False,
    normalize: shared_options.NormalizeOption = False,
    combine: shared_options.CombineOption = None,
    gray: GrayOption = False,
) -> None:
    """Explain one output pixel: its window, products and sum.

    What the window sees and which of it is padding, the products with the kernel, their sum, the bias, and
    the pixel that is stored; and the formula of the size with its numbers. Of pooling, which pixel wins.

    Examples
    --------
    # the corner, where the window sees padding
    convcli explain sample_images/camera.png -k sobel-x --at 0,0 --pad wrap

    # max pooling: which pixel of the window wins
    convcli explain sample_images/notes-3x3.csv --pool max --size 2 --at 0,0

    # a page where kernel, padding and pixel are chosen with the mouse
    convcli explain sample_images/cat-dark.png -k gaussian --html explained.html
    """
    of_kernels = {"bias": bias, "convolve": convolve, "normalize": normalize, "combine": combine}
    explain_spec.check_one(kernel, of_kernels)
    spec = explain_spec.subject(of_kernels, **vars(pixels), gray=gray, alpha=AlphaMode.DROP)
    from convcli.commands.explain.workflow import explain_files  # here, as NumPy comes with it

    prints = explain_spec.html is None and explain_spec.animate is None and not printing.json
    say = messages.speaker(__package__, explain_spec.lang, quiet=printing.quiet or not prints)
    batch = explain_files(
        files.inputs, kernel, spec, reading, explain_spec, say, force=force, no_color=printing.no_color
    )
    deliver(batch, printing, "explaining")
