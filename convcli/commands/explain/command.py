"""``convcli explain``: one output pixel, step by step."""

from typing import Annotated

import typer

from convcli.choices import AlphaMode
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.pixel_options import GrayOption, PixelOptions
from convcli.options.specs import FilterSpec, ReadSpec
from convcli.options.typer_parsers import Command, output_path
from convcli.options.window_options import SlidingWindow
from convcli.parsing import place
from convcli.pipeline.delivery import deliver

__all__ = ["register"]

AtOption = Annotated[
    tuple[int, int] | None,
    shared_options.essential_option(
        "--at",
        metavar="R,C",
        parser=place,
        show_default=False,
        help="The output pixel; the first is 0,0, and -1,-1 the last.",
    ),
]

HtmlOption = Annotated[
    str | None,
    shared_options.essential_option(
        "--html",
        metavar="FILE",
        parser=output_path,
        help="Write one interactive page instead; - is stdout. It is self-contained.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("explain", cls=Command)(with_options(explain_pixel))


def explain_pixel(
    files: shared_options.InputOptions,
    kernel: shared_options.KernelOption,
    window: SlidingWindow,
    pixels: PixelOptions,
    reading: ReadSpec,
    printing: shared_options.PrintOptions,
    at: AtOption = None,
    html: HtmlOption = None,
    force: shared_options.ForceOption = False,
    bias: shared_options.BiasOption = 0.0,
    convolve: shared_options.ConvolveOption = False,
    normalize: shared_options.NormalizeOption = False,
    combine: shared_options.CombineOption = None,
    gray: GrayOption = False,
) -> None:
    """Explain one output pixel: its window, products and sum.

    What the window sees and which of it is padding, the products with the kernel, their sum, the bias, and
    the pixel that is stored; and the formula of the size with its numbers.

    Examples
    --------
    # the corner, where the window sees padding
    convcli explain sample_images/camera.png -k sobel-x --at 0,0 --pad wrap

    # a page where kernel, padding and pixel are chosen with the mouse
    convcli explain sample_images/cat-dark.png -k gaussian --html explained.html
    """
    spec = FilterSpec(
        **vars(window),
        **vars(pixels),
        bias=bias,
        convolve=convolve,
        normalize=normalize,
        combine=combine,
        gray=gray,
        alpha=AlphaMode.DROP,
    )
    from convcli.commands.explain.workflow import explain_files  # here, as NumPy comes with it

    batch = explain_files(files.inputs, kernel, spec, reading, at=at, html=html, force=force)
    deliver(batch, printing, "explaining")
