"""A file of JSON objects, one a line (JSON Lines), to which several processes append; it may be damaged.

Lines are found by a hash of a key, so that a million of them take 16 MB of memory.
"""

import errno
import json
import os
import stat
from array import array
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO, Generic, TypeVar

import numpy as np

from convcli.errors import ConvcliError
from convcli.pipeline.written import Written

__all__ = ["JsonLines"]

T = TypeVar("T")

# Bytes of a line, at most: those that are longer are no lines of ours.
MOST = 2**24

# The end of a line that was cut off, as by SIGKILL in the middle of its write; the next one comes after it.
CUT_OFF = b" (cut off)\n"

encoded = json.JSONEncoder(separators=(",", ":")).encode


class JsonLines(Generic[T]):
    """The file at `path`, which need not be there; what is wrong with it is in `notes`, once.

    `read` makes of a JSON value a key and an object; None of one that is none of ours.
    """

    def __init__(self, path: str, read: Callable[[Any], tuple[str, T] | None]) -> None:
        self.path, self.notes = path, list[str]()
        self._read = read
        self._hashes, self._places = np.empty(0, np.uint64), np.empty(0, np.uint64)
        self._file: BinaryIO | None = None  # open for `find`
        self._is_indexed = False
        self._is_lost = False  # it cannot be read or written

    def append(self, value: dict[str, Any]) -> None:
        """Append an object by one write, which no other process's write can part.

        The file is opened each time: it may be gone meanwhile, or its last line cut off by another process.
        """
        line = encoded(value).encode() + b"\n"
        if self._is_lost or len(line) > MOST:
            return
        try:
            handle = _open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
            try:
                size = os.fstat(handle).st_size
                if size and os.pread(handle, 1, size - 1) != b"\n":
                    line = CUT_OFF + line
                if os.write(handle, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(handle)
        except OSError as error:
            self._lose("written", error, "--resume will do again what it lacks")

    def close(self) -> None:
        """Write what is not written yet, and end."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def is_whole(self, made: Written) -> bool:
        """Whether a result that a line names is as it was written."""
        return made.is_whole()

    def find(self, key: str) -> list[T]:
        """Return the objects with this key, the newest first."""
        if not self._is_indexed:
            self._is_indexed = True
            self._index()
        low, high = (np.searchsorted(self._hashes, np.uint64(_hash(key)), side) for side in ("left", "right"))
        file, found = self._file, list[T]()
        if file is None:
            return found
        with suppress(OSError):  # its disk has gone meanwhile
            for place in self._places[low:high][::-1]:
                file.seek(int(place))
                made = self._value(file.readline(MOST))
                if made is not None and made[0] == key:
                    found.append(made[1])
        return found

    def _index(self) -> None:
        """Find all lines; those that are damaged are said once, and left out."""
        hashes, places, damaged = array("Q"), array("Q"), list[int]()
        place = number = 0
        try:
            self._file = self._opened()
            while line := self._file.readline(MOST):
                is_whole = line.endswith(b"\n")  # else it is cut off, or too long: its end has a number
                number += is_whole
                made = self._value(line) if is_whole else None
                if made is not None:
                    hashes.append(_hash(made[0]))
                    places.append(place)
                elif is_whole and line.strip() and not line.endswith(CUT_OFF):
                    damaged.append(number)
                place += len(line)
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, ConvcliError) as error:
            self._lose("read", error, "all is done again")
        found = np.array(hashes, np.uint64)
        order = np.argsort(found, kind="stable")
        self._hashes, self._places = found[order], np.array(places, np.uint64)[order]
        if damaged:
            lines = f"line {damaged[0]} is" if len(damaged) == 1 else f"{len(damaged)} lines are"
            first = "" if len(damaged) == 1 else f", the first is line {damaged[0]}"
            self.notes.append(f"{self.path!r}: {lines} damaged and ignored{first}")

    def _lose(self, what: str, error: OSError | ConvcliError, hence: str) -> None:
        """Say once why the file is of no use, and leave it alone from then on."""
        self._is_lost = True
        reason = error.message if isinstance(error, ConvcliError) else error.strerror or "it failed"
        self.notes.append(f"{self.path!r} cannot be {what}: {reason.lower()}; {hence}")

    def _value(self, line: bytes) -> tuple[str, T] | None:
        try:
            return self._read(json.loads(line))
        except (ValueError, RecursionError):  # no JSON, not UTF-8, or nested too deep
            return None

    def _opened(self) -> BinaryIO:
        return os.fdopen(_open(self.path, os.O_RDONLY), "rb")


def _open(path: str, flags: int) -> int:
    """Open a regular file; a pipe of that name is refused, as opening one would wait for its other end."""
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o666)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no regular file")
    return handle


def _hash(key: str) -> int:
    return hash(key) & (1 << 64) - 1
