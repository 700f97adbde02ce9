"""``convcli show``: the numbers of pictures and feature maps."""

import typer

from convcli.choices import STDOUT, AlphaMode, Graphics
from convcli.commands.show.spec import Form, ShowSpec
from convcli.errors import UsageError
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.pixel_options import GrayOption
from convcli.options.specs import FilterSpec, ReadSpec
from convcli.options.typer_parsers import Command
from convcli.pipeline import messages
from convcli.pipeline.delivery import deliver

__all__ = ["register"]

# Without kernels, the picture itself is shown.
NO_KERNELS: list[str] = []


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("show", cls=Command)(with_options(show_maps))


def show_maps(
    files: shared_options.InputOptions,
    *,
    kernel: shared_options.KernelOption = NO_KERNELS,
    show_spec: ShowSpec,
    kernel_options: shared_options.KernelOptions,
    reading: ReadSpec,
    printing: shared_options.PrintOptions,
    gray: GrayOption = False,
) -> None:
    """Show the numbers of a picture, or of its feature maps.

    With -k the maps that the kernels make of it, each cell coloured by its value.

    Examples
    --------
    # the feature map of a kernel that finds vertical edges
    convcli show sample_images/notes-edge-6x8.csv -k "1 -1" --pad valid

    # where a picture looks like a kernel, from -1 to 1
    convcli show sample_images/notes-5x5.csv -k "0 1 0; 1 1 1; 0 1 0" --score

    # what each padding makes of the border, side by side
    convcli show sample_images/notes-5x5.csv --padding 1 -p zero,constant,reflect,replicate

    # the picture itself, drawn in the terminal
    convcli show sample_images/coffee.png --preview
    """
    if printing.json and show_spec.form not in (None, Form.JSON):
        raise UsageError(f"--json and --as {show_spec.form} exclude each other", hint="leave one of them out")
    if printing.json:
        show_spec = show_spec.replace(form=Form.JSON)
    specs = [
        FilterSpec(**vars(window), **vars(kernel_options), gray=gray, alpha=AlphaMode.DROP)
        for window in show_spec.windows()
    ]
    from convcli.commands.show.workflow import show_files  # here, as NumPy comes with it

    batch = show_files(files.inputs, kernel, specs, reading, show_spec)
    as_json = show_spec.shown_as is Form.JSON and not batch.to_stdout and show_spec.output in (None, STDOUT)
    forced = show_spec.graphics is not Graphics.AUTO
    screen = messages.console(no_color=printing.no_color, forced=forced) if show_spec.preview else None
    deliver(batch, printing.replace(json=as_json), "showing", screen)
