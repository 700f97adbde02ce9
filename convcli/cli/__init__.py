"""The program's start and end: signals and standard streams, whatever their state; the commands in between.

What is imported here is part of the interpreter: so Ctrl-C is met from the first milliseconds on.
"""

# `signal` itself takes longer to import than all of this; typeshed does not know its inner module.
import _signal as signal  # type: ignore[import-not-found]
import atexit
import gc
import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

__all__ = ["app", "main"]

# Exit status that a shell reports for a process that SIGINT (Ctrl-C) ended: 128 + signal.
INTERRUPTED = 130


def __getattr__(name: str) -> "Any":
    """Load the app when it is asked for."""
    if name != "app":
        raise AttributeError(f"module 'convcli.cli' has no attribute {name!r}")
    from convcli.cli.group import app

    return app


def main() -> None:
    """Run ``convcli`` with the arguments of the process."""
    try:
        # In the background (nohup, a script's &) it is ignored, and stays so.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _interrupt)
            # After its exit handlers the interpreter forgets ours, and Ctrl-C would change the exit status.
            atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
        _guard_streams()
        # Imports make some hundred thousand objects that live to the end: looking through them for garbage,
        # again and again and once more at exit, would take a fifth of the time of a small picture.
        gc.set_threshold(200_000)
        # Our own threads share the work. OpenBLAS's, of use to the equations of `learn` alone, would spin for
        # a while on a core that others need.
        if sys.argv[1:2] != ["learn"]:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # Pillow keeps 64 MB of a picture that has been read for the one that will be written: new memory is
        # slow.
        os.environ.setdefault("PILLOW_BLOCKS_MAX", "4")
        from convcli.cli.group import app

        app(prog_name="convcli")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        # From here on the interpreter ends, and could only complain about an exception.
        if signal.getsignal(signal.SIGINT) is _interrupt:
            signal.signal(signal.SIGINT, _end)
        # The interpreter's last collection, at exit, skips frozen objects: the system takes all memory back.
        gc.freeze()


def _interrupt(_number: int, frame: "FrameType | None") -> None:
    """Raise KeyboardInterrupt the first time; during an import, where it may be lost or changed, just end."""
    signal.signal(signal.SIGINT, _end)
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            _end(_number, frame)
        frame = frame.f_back
    raise KeyboardInterrupt


def _end(_number: int, _frame: object) -> None:
    """End at once, without a temporary file left."""
    writing = sys.modules.get("convcli.temporary_files")
    if writing is not None and hasattr(writing, "remove_temporaries"):  # it may be half imported
        writing.remove_temporaries()
    os._exit(INTERRUPTED)


def _guard_streams() -> None:
    """Keep closed streams closed: the next files that are opened would get their numbers, and their output.

    The null device takes their place, stdin's for writing and stdout's for reading, so that both still fail.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)
    if sys.stderr is sys.__stderr__:
        encoding = sys.stderr.encoding if sys.stderr is not None else "utf-8"
        # A console of Windows has a writer of its own, which knows its encoding.
        if os.name == "posix" or sys.stderr is None:
            stream: Any = io.BufferedWriter(io.FileIO(2, "w", closefd=False))
        else:
            stream = sys.stderr.buffer
        sys.stderr = _Messages(stream, encoding, "backslashreplace", line_buffering=True)


class _Messages(io.TextIOWrapper):
    """A stderr that may be closed or full: its lines are lost then, the work and its exit status are not."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            return
