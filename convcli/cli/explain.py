"""``convcli explain``: one output pixel, step by step."""

import typer

from convcli.cli import options, output
from convcli.cli.groups import spread
from convcli.cli.parsing import Command
from convcli.cli.windows import Window
from convcli.specs import FilterSpec
from convcli.vocab import AlphaMode

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("explain", cls=Command)(spread(explain_pixel))


def explain_pixel(
    files: options.Files,
    kernel: options.KernelOption,
    window: Window,
    pixels: options.Pixels,
    reading: options.Reading,
    talk: options.Talk,
    at: options.AtOption = None,
    html: options.HtmlOption = None,
    bias: options.BiasOption = 0.0,
    convolve: options.ConvolveOption = False,
    normalize: options.NormalizeOption = False,
    combine: options.CombineOption = None,
    gray: options.GrayOption = False,
) -> None:
    """Explain one output pixel: what the window sees, the products, their sum, what is stored."""
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
    read = reading.begin(files.inputs)
    from convcli.workflows.explain import explain_files

    batch = explain_files(files.inputs, kernel, spec, read, at=at, html=html)
    output.deliver(batch, talk)
