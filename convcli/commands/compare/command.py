"""``convcli compare``: the errors that each padding mode makes at the border."""

from typing import Annotated

import typer

from convcli.commands.compare.spec import CompareSpec
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.shared_options import file_option, output_option
from convcli.options.specs import ReadSpec
from convcli.options.typer_parsers import Command, output_path
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
            "Write a labelled picture: results, amplified differences, corners, figures; - is stdout."
        ),
    ] = None,
    html: Annotated[
        str | None,
        file_option(
            "--html",
            metavar="FILE.html",
            parser=output_path,
            help="Write one self-contained, interactive page: modes, layers, a slider, values.",
        ),
    ] = None,
    force: shared_options.ForceOption = False,
) -> None:
    """Measure what each padding does to the border: errors, depth, bias, and which mode is best."""
    from convcli.commands.compare.workflow import compare_files  # here, as NumPy comes with it

    batch = compare_files(
        files.inputs, spec, reading, output=output_file, html=html, force=force, summary=not printing.json
    )
    deliver(batch, printing, "comparing")
