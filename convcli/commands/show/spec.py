"""The options of ``convcli show``, checked: regions, scores, forms of the numbers."""

from functools import partial
from typing import Annotated, TypeAlias

import typer

from convcli.choices import Choice, Graphics, PadMode
from convcli.errors import UsageError, shown
from convcli.options import completion
from convcli.options.option_groups import Options
from convcli.options.shared_options import (
    INTEGER,
    ForceOption,
    advanced_option,
    any_of,
    choice_of,
    essential_option,
    output_option,
)
from convcli.options.window_options import (
    DilationOption,
    PaddingOption,
    PadValueOption,
    SlidingWindow,
    StrideOption,
    pad_option,
)
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
    """How `convcli show` makes and prints each map: paddings, region, digits, table, file or preview."""

    score: Annotated[
        bool,
        essential_option(
            "--score",
            help="How well each window matches, from -1 to 1. It is the zero-mean normalised "
            "cross-correlation, which leaves brightness and contrast out; -1 is the opposite. Matches of "
            "0.7 or more are listed.",
        ),
    ] = False
    center: Annotated[
        bool,
        advanced_option(
            "--center/--no-center", help="Subtract means in --score. Without, the score is the plain cosine."
        ),
    ] = True
    region: Annotated[
        Region | None,
        essential_option(
            "--region",
            metavar="R:R,C:C",
            parser=parse_region,
            help="Only these rows and columns, as 0:8,-16: (Python). This is the top right of each map.",
        ),
    ] = None
    max_size: Annotated[
        int | None,
        _view(
            "--max-size",
            **INTEGER,
            show_default="what fits",
            help="Most rows and columns of a table. Larger maps are pooled by mean, scores by the value "
            "farthest from 0; 0: never pooled.",
        ),
    ] = None
    precision: Annotated[
        int | None,
        _view(
            "--precision",
            **INTEGER,
            show_default="4 digits",
            help="Decimals in tables. By default the largest value has 4 digits.",
        ),
    ] = None
    form: Annotated[
        Form | None,
        _view(
            "--as",
            **choice_of(Form, "FORM"),
            show_default="as -o says",
            help=f"{any_of(Form)}. csv, json and npy hold whole maps at full precision.",
        ),
    ] = None
    output: Annotated[str | None, output_option("The .csv, .json or .npy to write; - is stdout.")] = None
    force: ForceOption = False
    preview: Annotated[
        bool, essential_option("--preview", help="Draw each map in the terminal instead of its numbers.")
    ] = False
    plot: Annotated[
        bool,
        essential_option(
            "--plot",
            help="Draw a signal, kernels and results as curves. With -o a .png; --region takes a row of a "
            "picture.",
        ),
    ] = False
    graphics: Annotated[
        Graphics,
        advanced_option(
            "--graphics",
            **choice_of(Graphics),
            help=f"How --preview draws: {any_of(Graphics)}. Half blocks, or the terminal's own graphics "
            "(sixel needs the extra terminal); auto is what the terminal understands, and a named one is "
            "written into pipes too.",
        ),
    ] = Graphics.AUTO
    pads: Annotated[
        tuple[PadMode, ...],
        pad_option(
            metavar="MODE,...",
            parser=PadMode.parse_several,
            autocompletion=completion.several_pads,
            envvar="CONVCLI_PAD",
            show_default="reflect",
            help=f"Padding mode: {any_of(PadMode)}. As for filter; several, such as zero,reflect, are shown "
            "side by side, and where they differ is marked.",
        ),
    ] = (PadMode.REFLECT,)
    pad_value: PadValueOption = None
    padding: PaddingOption = "same"
    stride: StrideOption = (1, 1)
    dilation: DilationOption = (1, 1)

    def windows(self) -> list[SlidingWindow]:
        """Return how kernels slide, under each padding mode."""
        if len(self.pads) > 1 and PadMode.VALID in self.pads:
            raise UsageError(
                f"--pad {','.join(self.pads)}: valid pads nothing, so its maps are smaller than the others",
                hint="leave valid out, or show it alone",
            )
        return [
            SlidingWindow(
                pad=pad,
                pad_value=None
                if pad is not PadMode.CONSTANT and PadMode.CONSTANT in self.pads
                else self.pad_value,
                padding=self.padding,
                stride=self.stride,
                dilation=self.dilation,
            )
            for pad in self.pads
        ]

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
        given = [
            option
            for option, is_given in (
                ("--preview", self.preview),
                ("--max-size", self.max_size is not None),
                ("--precision", self.precision is not None),
            )
            if is_given
        ]
        if self.plot and given:
            raise UsageError(f"{given[0]} has no effect with --plot", hint="leave one of them out")
        if form is not Form.TABLE and (self.plot or given):
            option = "--plot" if self.plot else given[0]
            raise UsageError(f"{option} has no effect on {form}", hint="leave one of them out")
        if form is Form.TABLE and self.output is not None and not self.plot:
            raise UsageError(
                f"a table is not written to {self.output!r}",
                hint="name a .csv, .json or .npy, add --as json, --plot for a picture, or redirect stdout",
            )

    @property
    def shown_as(self) -> Form:
        """The form, by what was asked or by the output's suffix."""
        if self.form is not None:
            return self.form
        suffix = (self.output or "").lower().rpartition(".")[2]
        return Form(suffix) if suffix in (Form.CSV, Form.JSON, Form.NPY) else Form.TABLE
