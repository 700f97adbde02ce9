"""Write a file whole or not at all: to a file without a name, which gets its name when it is on the disk."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from filecmp import cmp

from convcli.errors import ConvcliError, FullDiskError, OutputError
from convcli.open_files import open_number
from convcli.stores.files import is_url, read_url, write_url
from convcli.temporary_files import removed_after, temporary_name

__all__ = [
    "already_there",
    "error_kind",
    "failure",
    "leave_names",
    "open_whole",
    "sync_names",
    "write_all",
    "write_bytes",
]

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
    errno.EFBIG: "files of that size are not allowed there: see ulimit -f, or choose another folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "the links lead in a circle",
    errno.EPIPE: "what reads it ended early",
    errno.EBADF: "it is not open for writing",
}
# Errors that say that a file system has no files without names, or no hard links.
_NOT_SUPPORTED = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EXDEV)

# Whether the names of new files wait for `sync_names`: their content is on the disk before them in any case.
_names_wait = False

# Flags for a file that nobody else has made.
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)

# Extended attributes that are kept: those of users, and access lists; others belong to the system.
_KEPT_ATTRIBUTES = ("user.", "system.posix_acl_")


def write_bytes(
    path: str | os.PathLike[str] | os.PathLike[bytes],
    data: bytes,
    *,
    replace: bool = True,
    again: bool = False,
) -> None:
    """Write `data` to `path`, which afterwards holds either all of it or exactly what it held before.

    The bytes go to a file without a name, or with a temporary one, in the same folder, to the disk, and only
    then under the name. An existing file keeps its permissions and, where permitted, its owner and extended
    attributes; a new one gets the usual ones. A symbolic link stays and what it points to is replaced. What
    is not a regular file, such as ``/dev/null`` or a pipe, is written to directly, and so are the files that
    are open already, ``/dev/stdout`` and ``/dev/fd/N``. A URL is written by its store.

    Without `replace`, a file of that name is an error, even if another process made it just now. With
    `again`, one that holds exactly `data` counts as written: what was interrupted may have left it.
    """
    shown = os.fsdecode(path)
    target = shown
    try:
        if is_url(shown):
            write_url(shown, data, replace=replace)
            return
        number = open_number(shown)
        if number is not None:
            write_all(number, data)
            return
        before = _status(shown)
        if before is None or stat.S_ISREG(before.st_mode):
            target = os.path.realpath(shown)
            with _named_at_the_end(target, before, replace=replace, again=again) as handle:
                write_all(handle, data)
        elif stat.S_ISDIR(before.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        else:
            device = os.open(shown, os.O_WRONLY | getattr(os, "O_BINARY", 0))
            try:
                write_all(device, data)
            finally:
                os.close(device)
    except FileExistsError as error:
        if not (again and is_url(shown) and _holds(shown, data)):
            raise already_there(shown) from error
    except OSError as error:
        raise failure(shown, error, target) from error
    except ConvcliError:
        raise
    except ValueError as error:  # a NUL in the name
        raise OutputError(f"{shown!r} cannot be written: {error}", hint="choose another name") from error


@contextlib.contextmanager
def open_whole(path: str, *, replace: bool = True, again: bool = False) -> Iterator[int]:
    """Open a file that gets the name `path` at the end of the block, if that ends without an exception.

    It is written, read and positioned by the number that the block is given; see :func:`write_bytes`.
    At a URL it is a temporary file, whose content is written at the end.
    """
    if is_url(path):
        from tempfile import TemporaryFile  # here for start-up

        with TemporaryFile() as file:
            yield file.fileno()
            file.seek(0)
            write_bytes(path, file.read(), replace=replace)
        return
    target = path
    try:
        before = _status(path)
        if before is not None and not stat.S_ISREG(before.st_mode):
            raise OutputError(
                f"{path!r} is no regular file", hint="name a file: it is written piece by piece"
            )
        target = os.path.realpath(path)
        with _named_at_the_end(target, before, replace=replace, again=again) as handle:
            yield handle
    except FileExistsError as error:
        raise already_there(path) from error
    except OSError as error:
        raise failure(path, error, target) from error


@contextlib.contextmanager
def _named_at_the_end(
    target: str, before: os.stat_result | None, *, replace: bool, again: bool
) -> Iterator[int]:
    """Open a file that gets its name at the end of the block; `before` is the status of the one there."""
    if before is not None and not (replace or again):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    folder = os.path.dirname(target)
    temporary = temporary_name(folder)
    with removed_after(temporary):
        handle, nameless = _temporary(temporary, new=before is None)
        try:
            yield handle
            if before is not None and replace:
                _keep(handle, temporary, target, before)
            os.fsync(handle)
            if nameless:
                nameless = _give_name(handle, temporary, target, replace=replace, again=again)
        finally:
            with contextlib.suppress(OSError):  # the data are on the disk, or their error is on its way
                os.close(handle)
        if not nameless and replace:
            os.replace(temporary, target)
        elif not nameless:
            with _same_counts(temporary, target, again=again):
                _link_new(temporary, target)
    if not _names_wait:
        sync_names([folder])


def already_there(path: str, other: str = "-o") -> OutputError:
    """Return the error for a name that is taken; `other` is the option that chooses another."""
    return OutputError(f"{path!r} is already there", hint=f"add --force to replace it, or use {other}")


def _holds(url: str, data: bytes) -> bool:
    """Whether the file at a URL has exactly these bytes; one of another length is not read."""
    try:
        return read_url(url, len(data)) == data
    except ConvcliError:
        return False


def _status(target: str) -> os.stat_result | None:
    try:
        return os.stat(target)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _same_counts(made: str, target: str, *, again: bool) -> Iterator[None]:
    """With `again`, a file that is there and holds the same bytes as the one that was `made` is no error."""
    try:
        yield
    except FileExistsError:
        if not (again and cmp(made, target, shallow=False)):
            raise


def _temporary(name: str, *, new: bool) -> tuple[int, bool]:
    """Open a file without a name for what is new, where the system (Linux) can, or `name`; return which too.

    The system removes a file without a name when its process dies, even by SIGKILL.
    """
    if new and hasattr(os, "O_TMPFILE"):
        try:
            return os.open(os.path.dirname(name), os.O_TMPFILE | os.O_RDWR, 0o666), True
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED:
                raise
    # A file that will replace another is private until it has the permissions of that one.
    return os.open(name, _NEW, 0o666 if new else 0o600), False


def _give_name(handle: int, temporary: str, target: str, *, replace: bool, again: bool) -> bool:
    """Link an open file without a name to `target`; False where it had to be copied to `temporary`."""
    name = f"/proc/self/fd/{handle}"  # with a folder given, Python calls linkat, which follows this link
    try:
        with _same_counts(name, target, again=again):
            try:
                os.link(name, target, src_dir_fd=handle)
            except FileExistsError:  # another process was faster
                if not replace:
                    raise
                os.link(name, temporary, src_dir_fd=handle)
                os.replace(temporary, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (*_NOT_SUPPORTED, errno.ENOENT):  # ENOENT: there is no /proc
            raise
        from shutil import copyfileobj  # here for start-up

        with open(handle, "rb", closefd=False) as made, open(os.open(temporary, _NEW, 0o666), "wb") as copy:
            made.seek(0)
            copyfileobj(made, copy)
            copy.flush()
            os.fsync(copy.fileno())
        return False
    return True


def _keep(handle: int, temporary: str, target: str, before: os.stat_result) -> None:
    """Give a file the owner and group, as far as permitted, the permissions and the extended attributes."""
    same = True
    if hasattr(os, "fchown"):
        with contextlib.suppress(OSError):
            os.fchown(handle, -1, before.st_gid)  # by itself, as users may choose among their groups
            os.fchown(handle, before.st_uid, -1)
        made = os.fstat(handle)
        same = (made.st_uid, made.st_gid) == (before.st_uid, before.st_gid)
    os.chmod(temporary, stat.S_IMODE(before.st_mode) & (0o7777 if same else 0o777))
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):  # the file system has none
            names, given = (
                {name for name in os.listxattr(file) if name.startswith(_KEPT_ATTRIBUTES)}
                for file in (target, handle)
            )
            for name in given - names:  # what the folder gives to new files
                with contextlib.suppress(OSError):
                    os.removexattr(handle, name)
            for name in names:
                with contextlib.suppress(OSError):
                    os.setxattr(handle, name, os.getxattr(target, name))


def _link_new(temporary: str, target: str) -> None:
    """Give the file its name if no file has it; where there are no links, the name is reserved first."""
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        try:
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(target)
            raise


def write_all(handle: int, data: bytes) -> None:
    """Write all of `data` to an open file: the system may take less of it at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def leave_names(wait: bool) -> None:
    """Leave the names of new files to `sync_names`, in this process and in those that it forks."""
    global _names_wait
    _names_wait = wait


def sync_names(folders: Iterable[str]) -> None:
    """Put the names in `folders` on the disk, where folders can be synced."""
    for folder in folders:
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def error_kind(error: Exception) -> type[OutputError]:
    """Return the kind of error that a failed write or a folder that cannot be made is."""
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    return FullDiskError if full else OutputError


def failure(shown: str, error: OSError, target: str | None = None) -> OutputError:
    """Return what went wrong when the file `shown`, a link to `target` maybe, was written."""
    folder = os.path.dirname(shown if target is None else target)
    if error.errno == errno.ENOENT:
        reason = f"the folder {folder!r} does not exist" if folder else "the current folder is gone"
    elif error.errno == errno.EISDIR:
        reason = "it is a folder"
    else:
        reason = error.strerror or str(error)
    return error_kind(error)(
        f"{shown!r} cannot be written: {reason}",
        hint=_HINTS.get(error.errno or 0, "choose another place, or look at the disk"),
    )
