"""A terminal in memory: the program runs on a real pseudo-terminal, and what its screen shows is read off."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pyte

from tests.program import PROGRAM

# Seconds after which a program is taken to be stuck.
PATIENCE = 60


class Screen:
    """A program on a terminal of `rows` x `columns`; its stdout may go elsewhere."""

    def __init__(
        self,
        *args: str,
        cwd: Path,
        rows: int = 24,
        columns: int = 80,
        stdout: Any = None,
        program: list[str] = PROGRAM,
        **environment: str,
    ) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [*program, *args],
            stdin=follower,
            stdout=follower if stdout is None else stdout,
            stderr=follower,
            cwd=cwd,
            env={**inherited, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # keys reach it: Ctrl-C, for one
        )
        os.close(follower)
        self._screen = pyte.HistoryScreen(columns, rows, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self.sent = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._leader)

    @property
    def shown(self) -> list[str]:
        """The lines on the screen, down to the last that is not empty."""
        lines = [line.rstrip() for line in self._screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def all(self) -> list[str]:
        """The same with those that have left the screen at its top."""
        columns = range(self._screen.columns)
        above = ["".join(line[at].data for at in columns).rstrip() for line in self._screen.history.top]
        return [*above, *self.shown]

    @property
    def cursor_hidden(self) -> bool:
        """Whether there is no cursor on the screen."""
        return bool(self._screen.cursor.hidden)

    @property
    def echoes(self) -> bool:
        """Whether keys are shown, and come line by line, as the shell wants it."""
        wanted = termios.ECHO | termios.ICANON
        return bool(termios.tcgetattr(self._leader)[3] & wanted == wanted)

    def press(self, keys: str) -> None:
        """Type on the keyboard."""
        os.write(self._leader, keys.encode())

    def until(self, seen: Callable[[list[str]], bool]) -> list[str]:
        """Read on until the screen is as wanted, and return its lines."""
        end = time.monotonic() + PATIENCE
        while not seen(self.shown):
            assert time.monotonic() < end, self.shown
            assert self._read(1), self.shown
        return self.shown

    def finish(self) -> int:
        """Read to the end, and return the exit status."""
        while self._read(PATIENCE):
            pass
        return self.process.wait(timeout=PATIENCE)

    def _read(self, patience: float) -> bool:
        """Take what the program has written; False at its end."""
        if not select.select([self._leader], [], [], patience)[0]:
            return patience < PATIENCE
        try:
            part = os.read(self._leader, 65536)
        except OSError:  # the program has closed its end
            return False
        self.sent += part
        self._stream.feed(part)
        return bool(part)
