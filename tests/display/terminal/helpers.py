"""Consoles in memory, and what is drawn on them."""

import io

from rich.console import Console, RenderableType
from rich.segment import Segment

# The ends and the middle of the diverging colour scale.
BLUE, GREY, RED = (59, 76, 192), (221, 221, 221), (180, 4, 38)


def console(width: int = 80, colour: bool = True, encoding: str = "utf-8", **how: object) -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(
        file=file, width=width, force_terminal=colour, color_system="truecolor" if colour else None,
        legacy_windows=False, _environ={}, **how,
    )  # fmt: skip


def lines(heat: RenderableType, terminal: Console) -> list[list[Segment]]:
    return terminal.render_lines(heat, pad=False)


def drawn(*items: RenderableType, width: int = 80, colour: bool = False) -> str:
    file = io.StringIO()
    system = "truecolor" if colour else None
    Console(file=file, width=width, force_terminal=colour, color_system=system).print(
        *items, crop=False, sep="\n"
    )
    return file.getvalue()
