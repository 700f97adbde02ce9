"""The progress bar: the terminal's last line while work goes on; all other output goes above it.

Rich's own live display would take every line apart and draw its bar anew for each: names of files would be
wrapped, and a batch of small pictures would take half as long again.
"""

import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.cells import cell_len
from rich.control import Control
from rich.progress_bar import ProgressBar
from rich.segment import ControlType, Segment, Segments

from convcli.display.words import printable, shortened
from convcli.pipeline.batch import Progress

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Bar", "line_of"]

# Seconds between two drawings, and seconds given to the reader of a pipe to write what it got.
_PERIOD, _READING = 0.1, 0.05
# Columns of the bar at most, columns below which it is left out, and columns of a file's name at least.
_WIDE, _NARROW, _NAME = 24, 5, 12


class Bar:
    """Draws `progress` on stderr, makes room for other output, and is removed whatever ends it."""

    def __init__(self, doing: str, progress: Progress, console: "Console") -> None:
        self.doing, self.progress, self.console = doing, progress, console
        self._start = time.monotonic()
        self._absent_until = 0.0  # on the clock of `time.monotonic`
        self._columns = 0  # of the line on the screen; 0 while there is none
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._redrawing = threading.Thread(target=self._redraw, daemon=True)
        self._stdout = _kind_of_stdout()

    def __enter__(self) -> Self:
        self._redrawing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._redrawing.join()
        self._erase()

    @contextmanager
    def aside(self, *, stdout: bool) -> Iterator[None]:
        """Take the bar away while something is written, on stdout or on stderr, and put it back below.

        A program that reads stdout by a pipe may write to this terminal: it gets the time to do so.
        """
        if stdout and self._stdout == "file":
            yield
            return
        with self._lock:
            self._erase()
            try:
                yield
            finally:
                if stdout and self._stdout == "pipe":
                    self._absent_until = time.monotonic() + _READING
                else:
                    self._draw()

    def _redraw(self) -> None:
        while not self._ended.wait(_PERIOD):
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        progress = self.progress
        if progress.total == 1 or time.monotonic() < self._absent_until:
            return
        name = printable(os.path.basename(progress.current) or progress.current)
        name = name.encode(self.console.encoding, "backslashreplace").decode(self.console.encoding)
        width = self.console.width - 1
        if width < self._columns:
            self._erase()
        self._columns = width
        before, columns, after = line_of(self.doing, progress, time.monotonic() - self._start, name, width)
        segments = [Segment(before)]
        if columns:
            bar = ProgressBar(progress.total, progress.done, columns, pulse=progress.total is None)
            segments += self.console.render(bar, self.console.options.update(width=columns))
        filling = width - sum(segment.cell_length for segment in segments) - cell_len(after)
        segments.append(Segment(after + " " * filling))
        # The cursor goes back to the first column: at the last, the echo of Ctrl-C would begin a new line.
        start = Control(ControlType.CARRIAGE_RETURN)
        self.console.print(start, Segments(segments), start, sep="", end="")

    def _erase(self) -> None:
        if self._columns:
            rows = (self._columns - 1) // self.console.width  # a terminal that became narrower has wrapped it
            clear = (ControlType.ERASE_IN_LINE, 2)
            wrapped = [(ControlType.CURSOR_UP, 1), clear] * rows
            self.console.control(Control(ControlType.CARRIAGE_RETURN, clear, *wrapped))
            self._columns = 0


def line_of(doing: str, progress: Progress, seconds: float, name: str, width: int) -> tuple[str, int, str]:
    """Return the words before the bar, its columns, and the words after it.

    What fits into `width` columns is taken in this order: count, time left, verb, file, bar.
    """
    after = f"{progress.done}" if progress.total is None else f"{progress.done}/{progress.total}"
    worked_on = progress.done - progress.skipped
    if progress.total is not None and worked_on and progress.done < progress.total:
        left = round(seconds / worked_on * (progress.total - progress.done))
        clock = f"{left // 60}:{left % 60:02}" if left < 3600 else f"{left // 3600} h {left // 60 % 60} min"
        longer = f"{after} {clock} left"
        after = longer if len(longer) <= width else after
    before = f"{doing} " if len(doing) + 1 + len(after) <= width else ""
    room = width - len(before) - len(after)
    bar = min(_WIDE, room - 1 - (_NAME + 1 if name else 0))
    bar = bar if bar >= _NARROW else 0
    room -= bar + bool(bar) + 1
    if name and room >= _NAME:
        after = f"{after} {shortened(name, room)}"
    return before, bar, f"{' ' * bool(bar)}{after}"


def _kind_of_stdout() -> str:
    """Return terminal, pipe, or file for what does not show on the terminal."""
    try:
        if sys.stdout.isatty():
            return "terminal"
        mode = os.fstat(sys.stdout.fileno()).st_mode
        return "pipe" if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else "file"
    except (OSError, ValueError, AttributeError):  # closed, or no file of the system
        return "file"
