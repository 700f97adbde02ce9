"""``convcli compare``: the errors that each padding mode makes at the border."""

import os
from typing import Annotated

import typer

from convcli.commands.compare.spec import CompareSpec
from convcli.display.language import language
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.shared_options import html_option, output_option
from convcli.options.specs import ReadSpec
from convcli.options.typer_parsers import Command
from convcli.pipeline import messages
from convcli.pipeline.delivery import deliver

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("compare", cls=Command)(with_options(compare_paddings))


def compare_paddings(
    files: shared_options.InputOptions,
    spec: CompareSpec,
    reading: ReadSpec,
    printing: shared_options.PrintOptions,
    output_file: Annotated[
        str | None,
        output_option(
            "A labelled picture; - is stdout. It shows results, amplified differences, corners and figures."
        ),
    ] = None,
    html: Annotated[
        str | None,
        html_option("One interactive page, self-contained. Modes, layers, a slider, values."),
    ] = None,
    force: shared_options.ForceOption = False,
    lang: shared_options.LangOption = None,
) -> None:
    """Measure what each padding does to the border.

    Errors, their depth and bias for each padding mode, and which mode is best: against the truth where the
    picture goes on beyond its edge (--crop, --truth), else against each other.

    Examples
    --------
    # against the truth: 32 pixels are cut off each side, and padding stands in for them
    convcli compare sample_images/rocket.jpg -k gaussian:sigma=4 --crop 32

    # results, amplified differences and figures as a picture and as a page
    convcli compare sample_images/camera.png -k sobel --crop 32 -o borders.png --html borders.html
    """
    from convcli.commands.compare.workflow import compare_files  # here, as NumPy comes with it

    batch = compare_files(
        files.inputs,
        spec,
        reading,
        output=output_file,
        html=html,
        force=force,
        summary=not printing.json,
        say=messages.speaker(__package__, lang, quiet=printing.quiet or printing.json),
        language=language(lang, os.environ),
    )
    deliver(batch, printing, "comparing")
