"""The options of what is shown: which numbers, in which form, as tables or pictures."""

from functools import partial
from typing import Annotated

import typer

from convcli.choices import Graphics
from convcli.commands.show.spec import Form, Region, parse_region
from convcli.options.option_groups import Options
from convcli.options.shared_options import choice_of
from convcli.options.typer_parsers import verbatim
from convcli.parsing import whole

__all__ = ["View"]

_view = partial(typer.Option, rich_help_panel="What is shown")


class View(Options):
    """Which numbers are shown, and how."""

    score: Annotated[
        bool,
        _view(
            "--score",
            help="How well each window matches the kernel, from -1 (its opposite) to 1, whatever its "
            "brightness and contrast (zero-mean normalised cross-correlation), and the best matches.",
        ),
    ] = False
    center: Annotated[
        bool,
        _view("--center/--no-center", help="Subtract means in --score; without, it is the plain cosine."),
    ] = True
    region: Annotated[
        Region | None,
        _view(
            "--region",
            metavar="R0:R1,C0:C1",
            parser=parse_region,
            help="Only these rows and columns of each map, as Python slices: 0:8,-16: is the top right.",
        ),
    ] = None
    max_size: Annotated[
        int | None,
        _view(
            "--max-size",
            metavar="N",
            parser=whole,
            show_default="what fits",
            help="Most rows and columns of a table; larger maps are pooled by mean. 0: never pooled.",
        ),
    ] = None
    precision: Annotated[
        int | None,
        _view(
            "--precision",
            metavar="N",
            parser=whole,
            show_default="4 digits of the largest",
            help="Decimals in tables.",
        ),
    ] = None
    form: Annotated[
        Form | None,
        _view(
            "--as",
            **choice_of(Form),
            show_default="table, or as -o says",
            help="csv, json and npy hold whole maps at full precision.",
        ),
    ] = None
    output: Annotated[
        str | None,
        _view(
            "-o", "--output", metavar="FILE", parser=verbatim, help="Where csv, json or npy go; - is stdout."
        ),
    ] = None
    preview: Annotated[
        bool, _view("--preview", help="Draw each map in the terminal instead of its numbers.")
    ] = False
    graphics: Annotated[
        Graphics,
        _view(
            "--graphics",
            **choice_of(Graphics),
            help="How --preview draws: half blocks, or the terminal's own graphics (sixel needs the extra "
            "terminal). By name, into pipes too; auto is what the terminal is known to understand.",
        ),
    ] = Graphics.AUTO
