"""Silence around decoders and encoders: what their C libraries print, and Python's warnings, are caught.

libtiff and others write to file descriptor 2 themselves, whatever ``sys.stderr`` is. A process that is
killed within a block, as by ``abort``, takes with it what was printed about that: it went to the same file.
"""

import errno
import io
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from PIL import Image as Pillow

__all__ = ["Heard", "silenced"]

# Without a handler, logging prints Pillow's errors on stderr: they are raised as exceptions as well.
logging.getLogger("PIL").addHandler(logging.NullHandler())

# Bytes at the end of what was printed in which the last line is looked for; characters of it that are kept.
_TAIL, _LONGEST = 4096, 160
# Bytes that are kept of what is printed, where blocks begin before others have ended.
_KEPT = 1 << 20

_lock = threading.Lock()
_local = threading.local()
# Threads within a block now; blocks begun since the start.
_inside = _begun = 0
# While a thread is within a block: the filters of warnings as they were, and the descriptors of stderr.
_filters: list["warnings.catch_warnings[None]"] = []
_streams: list[tuple[int, int]] = []


class Heard:
    """Warnings and lines that were caught within one block.

    Attributes
    ----------
    warnings : list of str
        Python's warnings, each once.
    reason : str
        Where the block ends by an exception, the last line that a C library printed, but for warnings. It is
        empty where other threads were decoding too: the line may be about their files.
    """

    def __init__(self, who: str, *, alone: bool) -> None:
        self.who = who
        self.warnings: list[str] = []
        self.reason = ""
        self._begun = _begun
        self._alone = alone
        self._caught = _streams[0][1] if _streams else None
        self._start = 0 if self._caught is None else os.fstat(self._caught).st_size

    def last_line(self) -> str:
        """Return what `reason` becomes."""
        if self._caught is None or not self._alone or self._begun != _begun:
            return ""
        start = max(self._start, os.fstat(self._caught).st_size - _TAIL)
        text = os.pread(self._caught, _TAIL, start).decode("utf-8", "replace")
        lines = [" ".join(line.split()) for line in text.splitlines() if "warning" not in line.lower()]
        # libtiff names a file that Pillow gives it
        told = [line.removeprefix("tempfile.tif: ").rstrip(".") for line in lines if line]
        return "".join(filter(str.isprintable, told[-1]))[:_LONGEST] if told else ""


class _Within(type):
    """Classes of warnings that filters take for those of this thread's block, and for no other thread's."""

    def __subclasscheck__(cls, category: type) -> bool:
        return getattr(_local, "heard", None) is not None and any(
            issubclass(category, base) for base in cls.__bases__
        )


class _Any(Warning, metaclass=_Within):
    pass


class _OfNoUse(Pillow.DecompressionBombWarning, DeprecationWarning, metaclass=_Within):
    pass


@contextmanager
def silenced(who: str) -> Iterator[Heard]:
    """Catch what is printed on stderr within the block, except through Python's ``sys.stderr``.

    Threads may be within blocks at the same time: the first redirects, the last puts everything back.
    `who` is ``"decoder"`` or ``"encoder"``, for the texts of warnings.
    """
    heard = _enter(who)
    outer, _local.heard = getattr(_local, "heard", None), heard
    try:
        yield heard
    except Exception:  # passed on: only its reason is looked for here
        heard.reason = heard.last_line()
        raise
    finally:
        _local.heard = outer
        _leave()


def _enter(who: str) -> Heard:
    global _begun, _inside
    with _lock:
        if not _inside:
            kept = warnings.catch_warnings()
            kept.__enter__()
            warnings.simplefilter("always", _Any)
            warnings.simplefilter("ignore", _OfNoUse)
            # about tags, also of EXIF, which are read and checked apart from Pillow
            warnings.filterwarnings("ignore", category=_Any, module=r"PIL\.TiffImagePlugin")
            warnings.showwarning = partial(_collect_warning, warnings.showwarning)
            _filters.append(kept)
            _redirect()
        elif _streams and os.fstat(_streams[0][1]).st_size > _KEPT:
            os.ftruncate(_streams[0][1], 0)
            os.lseek(_streams[0][1], 0, os.SEEK_SET)
        _inside += 1
        _begun += 1
        return Heard(who, alone=_inside == 1)


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if _inside:
            return
        if _streams:
            stderr, caught = _streams[0]
            os.dup2(stderr, 2)
            _python_writes_to(2)
            _streams.clear()
            os.close(stderr)
            os.close(caught)
        _filters.pop().__exit__(None, None, None)


def _collect_warning(show: Callable[..., None], message: Warning | str, *more: Any, **named: Any) -> None:
    heard = getattr(_local, "heard", None)
    if heard is None:  # of another thread
        show(message, *more, **named)
        return
    text = f"the {heard.who} warns: " + " ".join(str(message).split())
    if text not in heard.warnings:
        heard.warnings.append(text)


def _redirect() -> None:
    """Point descriptor 2 at a file without a name, and Python's own stderr at where 2 pointed before.

    Nothing is redirected where that cannot be done: no descriptor left, or 2 belongs to another file.
    """
    try:
        stderr = os.dup(2)
    except OSError as error:
        if error.errno == errno.EBADF:
            _occupy()
        return
    if sys.__stderr__ is None:  # closed at the start, so that 2 is by now another file, or that of above
        os.close(stderr)
        return
    try:
        caught = _nameless_file()
    except OSError:
        os.close(stderr)
        return
    _python_writes_to(stderr)
    os.dup2(caught, 2)
    _streams.append((stderr, caught))


def _occupy() -> None:
    """Open descriptor 2, which is closed: no file may get this number later, for a library to write into."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        if null != 2:
            os.dup2(null, 2)
            os.close(null)


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("stderr")
    import tempfile  # here for start-up: Linux does without

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _python_writes_to(descriptor: int) -> None:
    """Let Python's own stderr, which a progress bar may use meanwhile, write to `descriptor`."""
    current = (2, *(stderr for stderr, _ in _streams))
    for stream in (sys.__stderr__, sys.stderr):
        buffer = getattr(stream, "buffer", None)
        raw = getattr(buffer, "raw", buffer)  # unbuffered (python -u), there is no other
        if isinstance(raw, io.FileIO) and not raw.closed and raw.fileno() in current:
            raw.__init__(descriptor, "wb", closefd=False)  # type: ignore[misc]  # reopens it in place
