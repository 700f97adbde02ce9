"""The library as a list that fits a terminal of 80 x 24: a line per kernel, grouped by purpose."""

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from convcli.kernels import library

__all__ = ["GROUPS", "CompactList"]

# Kernels by purpose. A line holds those that differ by their direction or weights alone.
GROUPS = {
    "smooth": (("identity",), ("box",), ("gaussian",), ("binomial",), ("disk",), ("motion",)),
    "sharp": (("sharpen",), ("unsharp",), ("highpass",), ("emboss",)),
    "edges": (
        ("sobel", "sobel-x", "sobel-y"),
        ("scharr", "scharr-x", "scharr-y"),
        ("prewitt", "prewitt-x", "prewitt-y"),
        ("roberts", "roberts-x", "roberts-y"),
        ("kirsch", "robinson"),
        ("outline",),
        ("laplacian",),
        ("laplacian8",),
    ),
    "blobs": (("log",), ("dog",)),
    "waves": (("gabor",),),
}

# Terminals of fewer columns have no room for the names of the groups.
NARROW = 50

FOOT = (
    "-x, -y: derivatives rightward, downward (sobel-x). Use: gaussian:sigma=2,size=9",
    "Known too: blur, mean, edges ... Pictures: kernels --all. One: kernels show NAME",
)


class CompactList:
    """A Rich renderable of the library: group, name, description and parameters of each kernel."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = list(_rows())
        skipped = 1 if options.max_width < NARROW else 0
        room = options.max_width - sum(max(len(row[column]) + 1 for row in rows) for column in range(2))
        table = Table.grid(padding=(0, 1, 0, 0))
        for style in ("dim", "bold")[skipped:]:
            table.add_column(style=style, no_wrap=True)
        table.add_column(ratio=1)
        for group, names, about, parameters in rows:
            words = Text(about)
            words.append(_fitting(parameters, room - len(about)), style="dim")
            table.add_row(*(Text(group), Text(names), words)[skipped:])
        yield table
        for line in (*FOOT, *(["no room for: groups, parameters"] if skipped else [])):
            yield Text(line, style="dim")


def _rows() -> Iterator[tuple[str, str, str, Sequence[str]]]:
    for group, lines in GROUPS.items():
        for place, names in enumerate(lines):
            entry = library.entry(names[0])
            together = ", ".join((names[0], *(name.removeprefix(names[0]) for name in names[1:])))
            parameters = [one.name for one in entry.parameters]
            yield "" if place else group, together, entry.about.partition(":")[0], parameters


def _fitting(parameters: Sequence[str], room: int) -> str:
    """Return the names that fit into `room` columns; dots stand for the others."""
    for count in range(len(parameters), 0, -1):
        words = " ".join((*parameters[:count], *(["..."] if count < len(parameters) else [])))
        if len(words) + 2 <= room:
            return f"  {words}"
    return "  ..." if parameters and room >= 5 else ""
