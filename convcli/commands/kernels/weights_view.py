"""The weights of a kernel in the terminal: coloured numbers, those in the middle where not all fit."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from convcli.display.terminal.cells import Array, largest
from convcli.display.terminal.facts import indented
from convcli.display.terminal.heat import Heat
from convcli.display.words import significant

__all__ = ["Weights"]

# Lines of numbers of a kernel that fits, and of one whose middle is shown.
MOST_LINES, MIDDLE_LINES = 24, 9

# Significant digits.
DIGITS = 4


@dataclass(frozen=True, eq=False)
class Weights:
    """A Rich renderable of a matrix; a large one is a picture, and the numbers in its middle."""

    values: Array

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows, columns = self.values.shape
        width = options.max_width - 2
        if rows <= MOST_LINES and _width(self.values) <= width:
            yield indented(Heat(self.values, numbers=True, digits=DIGITS, max_height=MOST_LINES))
            return
        yield indented(Heat(self.values, max_height=MOST_LINES))
        down = _middle(rows, min(rows, MIDDLE_LINES))
        across = next(
            (
                found
                for count in range(min(columns, width // 2), 0, -1)
                if _width(self.values[down, found := _middle(columns, count)]) <= width
            ),
            _middle(columns, 1),
        )
        places = f"{_places('row', down)} and {_places('column', across)} of {rows} x {columns}"
        yield Text(f"  the middle, {places}; export writes all", style="dim")
        middle = self.values[down, across]
        yield indented(Heat(middle, limit=largest(self.values), numbers=True, digits=DIGITS))


def _width(values: Array) -> int:
    """Return the columns of text that the numbers of `values` take."""
    widest = max(len(significant(value, DIGITS)) for row in values.tolist() for value in row)
    return (widest + 1) * len(values[0])


def _middle(length: int, count: int) -> slice:
    """Return the middle `count` of `length`, or one less where the middle would be off by half a step."""
    count -= (length - count) % 2 if count > 1 else 0
    start = (length - count) // 2
    return slice(start, start + count)


def _places(what: str, of: slice) -> str:
    return f"{what} {of.start}" if of.stop - of.start == 1 else f"{what}s {of.start} to {of.stop - 1}"
