"""Streams among paths: pipes, devices, and the files that this process has open already."""

import os
import re
import stat

__all__ = ["is_stream", "open_number"]

# Ways to name an open file of this process by its number.
_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_OPEN_FILE = re.compile(r"/(?:dev|proc/self|proc/(?P<process>\d{1,9}))/fd/(?P<number>\d{1,9})")


def is_stream(path: str) -> bool:
    """Whether `path` is a pipe, such as ``>(command)``, a device or an open file, and has no suffix.

    stdout's format suits it.
    """
    try:
        if os.path.splitext(path)[1]:
            return False
        mode = os.stat(path).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or open_number(path) is not None
    except (OSError, ValueError):
        return False


def open_number(path: str) -> int | None:
    """Return the number of the file that is open in this process under such a name, through links too."""
    path = os.path.abspath(path)
    for _ in range(40):  # as many links as Linux follows
        found = _OPEN_FILE.fullmatch(path)
        if path in _STANDARD or (found and int(found["process"] or os.getpid()) == os.getpid()):
            return _STANDARD[path] if found is None else int(found["number"])
        if not os.path.islink(path):
            break
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
    return None
