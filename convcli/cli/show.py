"""``convcli show``: the numbers of pictures and feature maps."""

import typer

from convcli.cli import options, output
from convcli.cli.groups import spread
from convcli.cli.parsing import Command
from convcli.cli.views import View
from convcli.cli.windows import Window
from convcli.errors import UsageError
from convcli.specs import FilterSpec
from convcli.specs.show import Form, Graphics, ShowSpec
from convcli.vocab import AlphaMode

__all__ = ["register"]

NO_KERNELS: list[str] = []


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("show", cls=Command)(spread(show_maps))


def show_maps(
    files: options.Files,
    view: View,
    window: Window,
    reading: options.Reading,
    talk: options.Talk,
    kernel: options.KernelOption = NO_KERNELS,
    bias: options.BiasOption = 0.0,
    convolve: options.ConvolveOption = False,
    normalize: options.NormalizeOption = False,
    chain: options.ChainOption = False,
    combine: options.CombineOption = None,
    gray: options.GrayOption = False,
) -> None:
    """Show the numbers of a picture, or of the feature maps that kernels make of it."""
    if talk.json and view.form not in (None, Form.JSON):
        raise UsageError(f"--json and --as {view.form} exclude each other", hint="leave one of them out")
    if talk.json:
        view.form = Form.JSON
    spec = FilterSpec(
        **vars(window),
        bias=bias,
        convolve=convolve,
        normalize=normalize,
        chain=chain,
        combine=combine,
        gray=gray,
        alpha=AlphaMode.DROP,
    )
    shown = ShowSpec(**vars(view))
    read = reading.begin(files.inputs)
    from convcli.workflows.show import show_files

    batch = show_files(files.inputs, kernel, spec, read, shown)
    talk.json = shown.shown_as is Form.JSON and not batch.to_stdout and shown.output is None
    forced = shown.graphics is not Graphics.AUTO
    output.deliver(
        batch, talk, output.console(no_color=talk.no_color, forced=forced) if shown.preview else None
    )
