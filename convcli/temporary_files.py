"""Temporary files and folders: their names, and their removal, whatever ends the process that writes them."""

import contextlib
import os
import re
import signal
import stat
import time
import zlib
from collections.abc import Iterator
from itertools import islice

__all__ = ["remove_temporaries", "removed_after", "temporary_name"]

# Names of temporary files: the computer, the process that writes, and a random part.
_TEMPORARY = re.compile(r"\.convcli-(?:(?P<computer>[0-9a-f]{8})-(?P<process>\d{1,9})-)?[0-9a-f]{12}\.part")
# The computer where the system does not tell which it is; numbers of processes then tell nothing.
_UNKNOWN = "0" * 8
# Seconds after which a temporary file is stale, whoever wrote it: no write takes a day.
_STALE = 86_400.0
# Folders in which stale files have been looked for.
_swept: set[str] = set()
# Entries of a folder that are looked through for stale files: some milliseconds, of which each of a million
# processes that write into one folder would need more and more.
_LOOKED_THROUGH = 10_000
# Temporary files of this process.
_temporaries: set[str] = set()

# Signals that end a process unless it handles them.
_FATAL = ("SIGTERM", "SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGVTALRM", "SIGPROF", "SIGXCPU")


def temporary_name(folder: str) -> str:
    """Return a new name in `folder`, whose stale temporary files are removed before the first."""
    if folder not in _swept:
        _swept.add(folder)
        _remove_stale(folder)
    return os.path.join(folder, f".convcli-{_computer()}-{os.getpid()}-{os.urandom(6).hex()}.part")


@contextlib.contextmanager
def removed_after(temporary: str) -> Iterator[None]:
    """Remove the file or folder of that name, if it is still there, whatever ends the block: a signal too."""

    def end(number: int, _frame: object) -> None:
        remove_temporaries()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    changed: list[int] = []
    _temporaries.add(temporary)
    try:
        with contextlib.suppress(ValueError):  # not the main thread, which alone handles signals
            for number in [getattr(signal, name) for name in _FATAL if hasattr(signal, name)]:
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, end)
                    changed.append(number)
        yield
    finally:
        _remove(temporary)
        _temporaries.discard(temporary)
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def remove_temporaries() -> None:
    """Remove the temporary files of this process, which is about to end."""
    for temporary in tuple(_temporaries):
        _remove(temporary)


def _remove(temporary: str) -> None:
    """Remove a temporary file, or folder with all that is in it, if it is still there."""
    try:
        os.unlink(temporary)
    except FileNotFoundError:  # it has got its name
        return
    except OSError:
        from shutil import rmtree  # here for start-up: folders are seldom

        rmtree(temporary, ignore_errors=True)


def _remove_stale(folder: str) -> None:
    """Remove this user's temporary files whose process is dead, or that are old."""
    with contextlib.suppress(OSError), os.scandir(folder or os.curdir) as entries:
        for entry in islice(entries, _LOOKED_THROUGH):
            name = _TEMPORARY.fullmatch(entry.name)
            if name is None:
                continue
            with contextlib.suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                kind = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
                own = kind and found.st_uid == getattr(os, "geteuid", lambda: 0)()
                here = name["computer"] == _computer() != _UNKNOWN
                dead = here and _is_dead(int(name["process"]))
                if own and (dead or time.time() - found.st_mtime > _STALE):
                    _remove(entry.path)


def _computer() -> str:
    """Return a number for this run of the system, or of a container; zeros where there is no telling."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as boot:
            numbers_of = boot.read() + os.readlink("/proc/self/ns/pid").encode()
    except OSError:
        return _UNKNOWN
    return f"{zlib.crc32(numbers_of):08x}"


def _is_dead(process: int) -> bool:
    if os.name != "posix":  # on Windows, signal 0 would end the process
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False
