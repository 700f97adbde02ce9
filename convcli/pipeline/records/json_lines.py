"""A file of JSON objects, one a line (JSON Lines), to which several processes append; it may be damaged.

Lines are found by a hash of a key, so that a million of them take 16 MB of memory.
"""

import errno
import json
import os
import stat
from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import numpy as np

from convcli.errors import ConvcliError
from convcli.pipeline.written import Written

__all__ = ["JsonLines"]

# Bytes of a line, at most: those that are longer are no lines of ours.
MOST = 2**24

# The end of a line that was cut off, as by SIGKILL in the middle of its write; the next one comes after it.
CUT_OFF = b" (cut off)\n"

# So that a pipe of that name is refused: opening one would wait for its other end.
_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class JsonLines:
    """The file at `path`, which need not be there; what is wrong with it is in `notes`, once."""

    def __init__(self, path: str, key: Callable[[Any], str | None]) -> None:
        self.path, self.notes = path, list[str]()
        self._key = key  # of an object; None for one that is none of ours
        self._hashes, self._places = np.empty(0, np.uint64), np.empty(0, np.uint64)
        self._file: BinaryIO | None = None  # open for `find`
        self._is_lost = False  # it cannot be read or written

    def append(self, value: dict[str, Any]) -> None:
        """Append an object by one write, which no other process's write can part.

        The file is opened each time: it may be gone meanwhile, or its last line cut off by another process.
        """
        line = json.dumps(value, separators=(",", ":")).encode() + b"\n"
        if self._is_lost or len(line) > MOST:
            return
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _FLAGS, 0o666)
            try:
                status = os.fstat(handle)
                _check(status)
                end = os.pread(handle, 1, status.st_size - 1) if status.st_size else b"\n"
                line = line if end == b"\n" else CUT_OFF + line
                if os.write(handle, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(handle)
        except OSError as error:
            self._lose("written", error.strerror or "it failed", "--resume will do again what it lacks")

    def close(self) -> None:
        """Write what is not written yet, and end."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def is_whole(self, made: Written) -> bool:
        """Whether a result that a line names is as it was written."""
        return made.is_whole()

    def index(self) -> None:
        """Find all lines; those that are damaged are said once, and left out."""
        hashes, places, damaged = array("Q"), array("Q"), list[int]()
        try:
            self._file = self._opened()
            for number, (place, line) in enumerate(_lines(self._file), 1):
                key = self._read_key(line)
                if key is not None:
                    hashes.append(int(_hash(key)))
                    places.append(place)
                elif line.strip() and not line.endswith(CUT_OFF):
                    damaged.append(number)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self._lose("read", error.strerror or "it failed", "all is done again")
        except ConvcliError as error:
            self._lose("read", error.message, "all is done again")
        found = np.array(hashes, np.uint64)
        order = np.argsort(found, kind="stable")
        self._hashes, self._places = found[order], np.array(places, np.uint64)[order]
        if damaged:
            lines = f"line {damaged[0]} is" if len(damaged) == 1 else f"{len(damaged)} lines are"
            first = "" if len(damaged) == 1 else f", the first is line {damaged[0]}"
            self.notes.append(f"{self.path!r}: {lines} damaged and ignored{first}")

    def find(self, key: str) -> list[Any]:
        """Return the objects with this key, the newest first."""
        low, high = (np.searchsorted(self._hashes, _hash(key), side) for side in ("left", "right"))
        if self._file is None or low == high:
            return []
        lines = list[bytes]()
        with suppress(OSError):  # its disk has gone meanwhile
            for place in self._places[low:high][::-1]:
                self._file.seek(int(place))
                lines.append(self._file.readline(MOST))
        return [json.loads(line) for line in lines if self._read_key(line) == key]

    def _lose(self, what: str, reason: str, hence: str) -> None:
        """Say once why the file is of no use, and leave it alone from then on."""
        self._is_lost = True
        self.notes.append(f"{self.path!r} cannot be {what}: {reason.lower()}; {hence}")

    def _read_key(self, line: bytes) -> str | None:
        try:
            return self._key(json.loads(line))
        except (ValueError, RecursionError):  # no JSON, not UTF-8, or nested too deep
            return None

    def _opened(self) -> BinaryIO:
        handle = os.open(self.path, os.O_RDONLY | _FLAGS)
        try:
            _check(os.fstat(handle))
            return os.fdopen(handle, "rb")
        except OSError:
            os.close(handle)
            raise


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield place and content of each line that has an end; of one that is too long, its end."""
    place = 0
    while line := file.readline(MOST):
        if line.endswith(b"\n"):
            yield place, line
        place += len(line)


def _check(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def _hash(key: str) -> np.uint64:
    from hashlib import blake2b

    return np.uint64(int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()))
