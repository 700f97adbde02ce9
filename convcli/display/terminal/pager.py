"""Long texts through the pager that the environment names: less, more ...

It is seldom needed, so what starts a process is imported with it.
"""

import os
import re
import sys
from collections.abc import Callable

__all__ = ["is_wanted", "paged"]

# Beginnings of the sequences of kitty, Sixel and iTerm2 that draw pictures.
_GRAPHICS = ("\x1b_G", "\x1bP", "\x1b]1337;")
# Sequences of colours and styles (ECMA-48, 8.3.117).
_STYLES = re.compile("\x1b\\[[0-9;]*m")


def is_wanted() -> bool:
    """Whether there is a pager: ``PAGER`` is set, and stdout is a terminal."""
    return os.environ.get("PAGER", "").strip() not in ("", "cat") and bool(sys.stdout) and sys.stdout.isatty()


def paged(text: str, plain: Callable[[], str] | None = None) -> bool:
    """Show `text` in the pager if there is one and the screen is too short, and return whether it did.

    Pagers that are not known to keep colours get what `plain` returns, by default `text` without sequences.
    To leave a pager early is no failure; a pager that fails has shown nothing.
    """
    if not is_wanted():
        return False
    from shlex import split
    from shutil import get_terminal_size

    if text.count("\n") < get_terminal_size().lines or any(start in text for start in _GRAPHICS):
        return False
    try:
        words = split(os.environ["PAGER"])
    except ValueError:  # a quotation mark that is not closed
        return False
    less = os.path.basename(words[0]) == "less" and "r" in os.environ.get("LESS", "R").lower()
    return _shown(text if less else plain() if plain else _STYLES.sub("", text), words)


def _shown(text: str, words: list[str]) -> bool:
    import signal
    import subprocess

    try:
        pager = subprocess.Popen(words, stdin=subprocess.PIPE, env={"LESS": "R", **os.environ})
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pager
    try:
        pager.communicate(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    finally:
        signal.signal(signal.SIGINT, before)
    return pager.returncode in (0, -signal.SIGINT, 128 + signal.SIGINT)
