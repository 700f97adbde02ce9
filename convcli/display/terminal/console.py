"""The console that prints every report, with control characters in names escaped."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from convcli.display.terminal.line_breaks import broken
from convcli.display.words import printable

__all__ = ["PlainConsole"]

# Columns of text where the width is not known, as terminals have had them since the VT100.
UNKNOWN_WIDTH = 80


class PlainConsole(Console):
    """A Rich console that takes text literally, and escapes what is not printable or not in its encoding.

    Rich's own sequences, of styles and of graphics, are added after that or marked as control.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)
        if self.width < 1:  # COLUMNS=0, as some programs leave it
            self.width = UNKNOWN_WIDTH

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of a renderable; those within others, such as cells of tables, come here too."""
        if isinstance(renderable, Text) and not (renderable.no_wrap or (options or self.options).no_wrap):
            renderable = broken(renderable, (options or self.options).max_width)
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=self._escaped(segment.text))

    def _escaped(self, text: str) -> str:
        lines = "\n".join(map(printable, text.split("\n")))
        return lines.encode(self.encoding, "backslashreplace").decode(self.encoding)
