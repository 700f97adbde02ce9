"""Devices that may have no end, such as ``/dev/zero``: they are not read as files."""

import os
import stat
from typing import BinaryIO

__all__ = ["is_endless"]


def is_endless(file: BinaryIO) -> bool:
    """Whether `file` is a device that has bytes; terminals, and devices without any, end."""
    try:
        mode = os.fstat(file.fileno()).st_mode
    except (OSError, ValueError):  # not a file of the system
        return False
    device = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    return device and not file.isatty() and bool(file.read(1))
