"""The options of ``convcli show``, checked: regions, scores, forms of the numbers."""

from functools import partial
from typing import Annotated, TypeAlias

import typer

from convcli.choices import Choice, Graphics
from convcli.errors import UsageError, shown
from convcli.options.option_groups import Options
from convcli.options.shared_options import INTEGER, ForceOption, choice_of, output_option
from convcli.parsing import whole

__all__ = ["Form", "Region", "ShowSpec", "parse_region"]

_view = partial(typer.Option, rich_help_panel="What is shown")

# Decimals in a table: float64 has no more digits.
MOST_DECIMALS = 17

# Where rows and columns begin and end, by the rules of Python's slices.
Region: TypeAlias = tuple[tuple[int | None, int | None], tuple[int | None, int | None]]


class Form(Choice):
    """In which form `show` gives its numbers."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    NPY = "npy"


def parse_region(text: str) -> Region:
    """Read ``R0:R1,C0:C1`` as Python slices: an end left out is the edge, negative ones count from it."""
    sides = [side.split(":") for side in text.split(",")]
    try:
        ends = [[whole(word) if word.strip() else None for word in side] for side in sides]
    except UsageError:
        ends = []
    if [len(side) for side in ends] != [2, 2]:
        raise UsageError(
            f"region {shown(text)} is not understood",
            hint="write R0:R1,C0:C1 as Python slices, such as 0:8,-16: for rows and columns",
        )
    return ((ends[0][0], ends[0][1]), (ends[1][0], ends[1][1]))


class ShowSpec(Options):
    """How `convcli show` prints each map: the region, the number of digits, table, file or preview."""

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
            **INTEGER,
            show_default="what fits",
            help="Most rows and columns of a table; larger maps are pooled by mean. 0: never pooled.",
        ),
    ] = None
    precision: Annotated[
        int | None,
        _view("--precision", **INTEGER, show_default="4 digits of the largest", help="Decimals in tables."),
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
        str | None, output_option("Where csv, json or npy go; - is stdout.", "What is shown")
    ] = None
    force: ForceOption = False
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

    def check(self) -> None:
        """Refuse options that have no effect; the form is checked by :meth:`check_form`."""
        if not self.center and not self.score:
            raise UsageError("--no-center has no effect without --score", hint="add --score")
        if self.max_size is not None and self.max_size < 0:
            raise UsageError(f"--max-size {self.max_size} is negative", hint="0 shows a map as it is")
        if self.precision is not None and not 0 <= self.precision <= MOST_DECIMALS:
            raise UsageError(
                f"--precision {self.precision} is not a number of decimals", hint=f"use 0 to {MOST_DECIMALS}"
            )
        if self.graphics is not Graphics.AUTO and not self.preview:
            raise UsageError(
                f"--graphics {self.graphics} has no effect without --preview", hint="add --preview"
            )

    def check_form(self) -> None:
        """Refuse options that do not go with the form, which ``--json`` may have chosen."""
        form = self.shown_as
        if form is not Form.TABLE:
            for option, given in (
                ("--preview", self.preview),
                ("--max-size", self.max_size is not None),
                ("--precision", self.precision is not None),
            ):
                if given:
                    raise UsageError(f"{option} has no effect on {form}", hint="leave one of them out")
        elif self.output is not None:
            raise UsageError(
                f"a table is not written to {self.output!r}",
                hint="name a .csv, .json or .npy, add --as json, or redirect stdout",
            )

    @property
    def shown_as(self) -> Form:
        """The form, by what was asked or by the output's suffix."""
        if self.form is not None:
            return self.form
        suffix = (self.output or "").lower().rpartition(".")[2]
        return Form(suffix) if suffix in (Form.CSV, Form.JSON, Form.NPY) else Form.TABLE
