"""The options of ``convcli show``, checked: regions, scores, forms of the numbers."""

from dataclasses import dataclass
from typing import TypeAlias

from convcli.choices import Choice, Graphics
from convcli.errors import UsageError

__all__ = ["Form", "Region", "ShowSpec", "parse_region"]

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
        ends = [[int(word) if word.strip() else None for word in side] for side in sides]
    except ValueError:
        ends = []
    if [len(side) for side in ends] != [2, 2]:
        raise UsageError(
            f"region {text!r} is not understood",
            hint="write R0:R1,C0:C1 as Python slices, such as 0:8,-16: for rows and columns",
        )
    return ((ends[0][0], ends[0][1]), (ends[1][0], ends[1][1]))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ShowSpec:
    """What `convcli show` prints of each map, and how: the options of the same names."""

    score: bool = False
    center: bool = True
    region: Region | None = None
    max_size: int | None = None
    precision: int | None = None
    form: Form | None = None
    output: str | None = None
    preview: bool = False
    graphics: Graphics = Graphics.AUTO

    def __post_init__(self) -> None:
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
                hint="name a .csv, .json or .npy, or redirect stdout",
            )

    @property
    def shown_as(self) -> Form:
        """The form, by what was asked or by the output's suffix."""
        if self.form is not None:
            return self.form
        suffix = (self.output or "").lower().rpartition(".")[2]
        return Form(suffix) if suffix in (Form.CSV, Form.JSON, Form.NPY) else Form.TABLE
