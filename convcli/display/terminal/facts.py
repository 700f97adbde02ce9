"""Building blocks of terminal reports: pairs of name and value, tables, indented drawings."""

import re
from collections.abc import Iterable

from rich import box
from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from convcli.display.terminal.line_breaks import filled, words

__all__ = ["indented", "pairs", "phrases", "table"]


def pairs(rows: Iterable[tuple[str, str]]) -> Table:
    """Return names and values in two columns; long words are folded, not cut."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for name, value in rows:
        grid.add_row(Text(f"  {name}"), Text(value))
    return grid


def phrases(text: str, width: int, style: str = "") -> Text:
    """Break a line behind commas and semicolons, so that ``363 x 576`` stays whole; long parts anywhere."""
    parts = re.findall(r".+?(?:[,;] |[，；]|$)", text)
    units = (unit for part in parts for unit in ([part] if cell_len(part.rstrip()) <= width else words(part)))
    return Text("\n".join(line.rstrip() for line in filled(units, width)), style)


def table(*, footer: bool = False) -> Table:
    """Return an empty table whose columns are two spaces apart, with a line below the headings."""
    return Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), show_footer=footer
    )


def indented(item: RenderableType) -> Padding:
    """Move `item` two columns to the right."""
    return Padding(item, (0, 0, 0, 2))
