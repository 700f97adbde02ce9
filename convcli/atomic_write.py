"""Write a file whole or not at all: to a temporary file beside it, which is then renamed."""

import contextlib
import errno
import os
import stat

from convcli.errors import OutputError

__all__ = ["write_bytes"]

# Hints by the number of the error.
_HINTS = {
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "name a file in that folder",
    errno.EACCES: "its permissions forbid it: choose another folder",
    errno.EPERM: "its permissions forbid it: choose another folder",
    errno.EROFS: "the file system is read-only: choose another folder",
    errno.ENOSPC: "free some space, or choose another folder",
    errno.EDQUOT: "your quota is used up: free some space, or choose another folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "the links lead in a circle",
}


def write_bytes(path: str | os.PathLike[str] | os.PathLike[bytes], data: bytes) -> None:
    """Write `data` to `path`, which afterwards holds either all of it or exactly what it held before.

    The bytes go to a temporary file in the same folder, to the disk, and only then under the name. An
    existing file keeps its permissions, a new one gets the usual ones; a symbolic link stays and what it
    points to is replaced. What is not a regular file, such as ``/dev/null`` or a pipe, is written to
    directly.
    """
    shown = os.fsdecode(path)
    try:
        target = os.path.realpath(shown)
    except ValueError as error:  # a NUL in the name
        raise OutputError(f"{shown!r} cannot be written: {error}", hint="choose another name") from error
    try:
        mode = _mode_of(target)
        if mode is None or stat.S_ISREG(mode):
            _replace(target, data, mode)
        elif stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        else:
            with open(target, "wb", buffering=0) as device:
                _write_all(device.fileno(), data)
    except OSError as error:
        raise _failure(shown, target, error) from error


def _mode_of(target: str) -> int | None:
    try:
        return os.stat(target).st_mode
    except FileNotFoundError:
        return None


def _replace(target: str, data: bytes, mode: int | None) -> None:
    folder = os.path.dirname(target)
    handle, temporary = _temporary(folder)
    try:
        try:
            _write_all(handle, data)
            os.chmod(temporary, stat.S_IMODE(mode) if mode is not None else 0o666 & ~_umask())
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, target)
    except BaseException:  # Ctrl-C too must not leave the temporary file
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _temporary(folder: str) -> tuple[int, str]:
    """Open a new file; as `tempfile.mkstemp`, whose import takes longer than writing a small picture."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    for _ in range(100):
        name = os.path.join(folder, f".convcli-{os.urandom(6).hex()}.part")
        with contextlib.suppress(FileExistsError):
            return os.open(name, flags, 0o600), name
    raise FileExistsError(errno.EEXIST, "no free name for a temporary file", folder)


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _umask() -> int:
    """Return the mask without changing it where Linux tells; elsewhere it is set and put back."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: str) -> None:
    """Put the new name on the disk as well, where folders can be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _failure(shown: str, target: str, error: OSError) -> OutputError:
    folder = os.path.dirname(target)
    if error.errno == errno.ENOENT:
        reason = f"the folder {folder!r} does not exist"
    elif error.errno == errno.EISDIR:
        reason = "it is a folder"
    else:
        reason = error.strerror or str(error)
    return OutputError(
        f"{shown!r} cannot be written: {reason}",
        hint=_HINTS.get(error.errno or 0, "choose another place, or look at the disk"),
    )
