"""``convcli compare``: the errors that each padding mode makes at the border."""

from functools import partial
from typing import Annotated

import typer

from convcli.commands.compare.spec import CompareSpec
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.specs import ReadSpec
from convcli.options.typer_parsers import Command, verbatim
from convcli.pipeline import messages

__all__ = ["register"]

_file = partial(typer.Option, rich_help_panel="Files")


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("compare", cls=Command)(with_options(compare_paddings))


def compare_paddings(
    files: shared_options.Files,
    spec: CompareSpec,
    reading: ReadSpec,
    talk: shared_options.Talk,
    output_file: Annotated[
        str | None,
        _file(
            "-o",
            "--output",
            metavar="FILE",
            parser=verbatim,
            help="A labelled picture: results, differences amplified, corners, figures; - is stdout.",
        ),
    ] = None,
    html: Annotated[
        str | None,
        _file(
            "--html",
            metavar="FILE.html",
            parser=verbatim,
            help="One page to explore: modes, layers, a slider, values; it needs nothing else.",
        ),
    ] = None,
) -> None:
    """Measure what each padding does to the border: errors, depth, bias, and which mode is best."""
    from convcli.commands.compare.workflow import compare_files

    batch = compare_files(
        files.inputs,
        spec,
        reading,
        output=output_file,
        html=html,
        summary=not talk.json,
    )
    messages.deliver(batch, talk)
