"""Frames in the terminal, one in the place of the other, until a key stops them."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle

from rich.console import Console, RenderableType

__all__ = ["Wait", "keyboard", "play"]

# Waits so many seconds, or for ever, for a key, and returns what was typed: nothing in that time is "".
Wait = Callable[[float | None], str]

# Shortest time of a frame in seconds: at most 10 frames a second.
SHORTEST = 0.1

# The end of what is typed (Ctrl-D), and Escape, with which other keys begin.
END, ESCAPE = "\x04", "\x1b"


def play(console: Console, frames: Sequence[tuple[RenderableType, float]], wait: Wait) -> None:
    """Show frames, each for its milliseconds, again and again until q; Space pauses, other keys go on.

    They have the alternate screen, so that what was on the terminal is there again afterwards.
    """
    with console.screen() as screen:
        for frame, length in cycle(frames):
            screen.update(frame)
            key = wait(max(SHORTEST, length / 1000))
            if key == " ":
                key = wait(None)
            if key[:1] in ("q", "Q", END) or key == ESCAPE:
                return


@contextmanager
def keyboard() -> Iterator[Wait]:
    """Give a `Wait` for keys of the terminal, also where stdin is a pipe; it only waits if there are none.

    Keys are not shown, and come without Return; Ctrl-C still interrupts.
    """
    handle = None
    with suppress(ImportError, OSError):  # Windows has no termios
        import select
        import termios
        import tty

        handle = os.open("/dev/tty", os.O_RDWR)
    if handle is None:

        def sleep(seconds: float | None) -> str:
            time.sleep(seconds or SHORTEST)
            return ""

        yield sleep
        return
    before = termios.tcgetattr(handle)

    def wait(seconds: float | None) -> str:
        if not select.select([handle], [], [], seconds)[0]:
            return ""
        # nothing can be read from a terminal that is gone
        return os.read(handle, 32).decode(errors="replace") or "q"

    try:
        tty.setcbreak(handle)
        # Ctrl-Z would leave the shell without a cursor
        settings = termios.tcgetattr(handle)
        settings[6][termios.VSUSP] = bytes([os.fpathconf(handle, "PC_VDISABLE")])
        termios.tcsetattr(handle, termios.TCSADRAIN, settings)
        yield wait
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
        os.close(handle)
