"""Devices and pipes that may have no end, such as ``/dev/zero`` and the output of ``yes``."""

import io
import os
import stat
from typing import BinaryIO

from convcli.errors import ImageError
from convcli.limits import PIPE_BYTES, PIPE_LEAST, Limit

__all__ = ["is_endless", "read_all"]

# Bytes that are read from a pipe at a time.
_PIECE = 1 << 20


def is_endless(file: BinaryIO) -> bool:
    """Whether `file` is a device that has bytes; terminals, and devices without any, end."""
    mode = _mode(file)
    device = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    return device and not file.isatty() and bool(file.read(1))


def read_all(file: BinaryIO, what: str, max_pixels: int) -> bytes:
    """Return all bytes of a picture's file, or of a pipe that ends in time; errors call it `what`."""
    if is_endless(file):
        raise ImageError(f"{what} is a device", hint="name a file, or pipe a part of it in")
    if stat.S_ISREG(_mode(file)):
        return file.read()
    limit = Limit(f"{what}: its size", PIPE_BYTES * max_pixels + PIPE_LEAST, "bytes")
    read = io.BytesIO()
    while piece := file.read(_PIECE):
        if not read.tell() and len(piece) == _PIECE == piece.count(0):
            raise ImageError(
                f"{what} begins with {_PIECE} zero bytes, as no picture does", hint="what writes it?"
            )
        read.write(piece)
        limit.check(read.tell(), "name a file, or raise --max-pixels", ImageError)
    return read.getvalue()


def _mode(file: BinaryIO) -> int:
    """Return the type and permissions of `file`; 0 if it is none of the system's."""
    try:
        return os.fstat(file.fileno()).st_mode
    except (OSError, ValueError):
        return 0
