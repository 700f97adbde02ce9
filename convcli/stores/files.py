"""Files by URL, such as ``s3://bucket/a.png`` and ``http://server/a.png``: the extra `remote` is needed."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

from convcli.errors import ConvcliError, ImageError, OutputError
from convcli.stores.file_systems import opened
from convcli.stores.urls import is_pattern, is_url, joined, local, plain, public, scheme_of

__all__ = [
    "Found",
    "check_writable",
    "exists",
    "find",
    "identity",
    "is_folder",
    "is_pattern",
    "is_url",
    "joined",
    "local",
    "matches",
    "opened",
    "opened_file",
    "plain",
    "public",
    "read_start",
    "read_url",
    "same",
    "write_url",
]

# Names of the field in which a store tells the version of a file's content, or else its time.
_MARKS = ("ETag", "etag", "md5Hash", "LastModified", "Last-Modified", "last_modified", "mtime", "created")
# Schemes of web servers, which tell the size with the content, and of stores that write only what is new.
_WEB, _S3 = ("http", "https"), ("s3", "s3a")
# Bytes that are read from a web server at a time, and of a file in a store by the first request.
_PIECE, _SMALL = 1 << 20, 1 << 23
# Bytes up to which S3 takes a file by one request: what is cut off then leaves no parts behind.
_ONE_REQUEST = 5 << 30
# Options that make fsspec read the answer of a web server as it comes, by one request.
_STREAM = {"block_size": 0, "size": 1}


def read_url(url: str, most: int, kind: type[ConvcliError] = ImageError) -> bytes:
    """Return the bytes of the file at `url`, at most so many; more are an error, of `kind` as all others."""
    with opened(url, kind) as (store, path, scheme):
        if scheme in _WEB:
            pieces = bytearray()
            with store.open(path, "rb", **_STREAM) as file:
                size = _announced(file)
                while size <= most and (piece := file.read(_PIECE)):
                    pieces += piece
                    size = max(size, len(pieces))
            data = bytes(pieces)
        else:
            data = _start(store, path)
            size = len(data)
            if size >= _SMALL:  # there may be more; not every store knows
                size = store.info(path)["size"] or 0
                data = data if size > most else bytes(store.cat_file(path))
                size = max(size, len(data))
        if size > most:
            more = ", or raise --max-pixels" if kind is ImageError else ""
            said = f"{public(url)!r}: its size {size} is above the limit of {most} bytes"
            raise kind(said, hint=f"name a smaller file{more}")
        return data


def opened_file(path: str, kind: type[ConvcliError]) -> BinaryIO:
    """Return the file at a path, or the content of one at a URL, whose errors are of `kind`."""
    return io.BytesIO(read_url(path, sys.maxsize, kind)) if is_url(path) else open(path, "rb")


def write_url(url: str, data: bytes, *, replace: bool) -> None:
    """Write the file at `url`, which afterwards holds all of `data`, or what it held before.

    Stores take it by one request. On servers of files it gets its name when it is complete. Without
    `replace`, a file that is there is a `FileExistsError`; stores other than S3's are asked before, and
    another writer may be faster.
    """
    check_writable(url)
    with opened(url, OutputError) as (store, path, scheme):
        if not replace and scheme not in _S3:
            _refuse_existing(url)
        if store.async_impl:
            _put(store, url, path, data, replace=replace)
            return
        folder, _, name = path.rpartition("/")
        temporary = f"{folder}/.convcli-{os.urandom(6).hex()}-{name}"
        try:
            if folder:
                store.makedirs(folder, exist_ok=True)
            store.pipe_file(temporary, data)
            store.mv(temporary, path)
        except BaseException:
            with contextlib.suppress(Exception):
                store.rm_file(temporary)
            raise


def read_start(url: str, count: int) -> bytes:
    """Return so many of the first bytes of the file at `url`."""
    with opened(url, ImageError) as (store, path, scheme):
        if scheme not in _WEB:
            return _start(store, path, count)
        with store.open(path, "rb", **_STREAM) as file:
            return bytes(file.read(count))


def check_writable(url: str) -> None:
    """Refuse to write to a URL that can only be read, or whose package is not installed."""
    if "::" in url or scheme_of(url) in _WEB:
        what = "archives are" if "::" in url else "http is"
        raise OutputError(
            f"{public(url)!r} cannot be written: {what} only read",
            hint="name a folder, or a store such as s3://",
        )
    with opened(url, OutputError):
        pass


def exists(path: str) -> bool:
    """Whether a file of that name is there, at a URL or a path.

    Where reading is denied, the answer is no: writing will tell.
    """
    if not is_url(path):
        return os.path.lexists(path)
    with opened(path, OutputError) as (store, place, _):
        try:
            _range(store, place, 1)  # one request, where information about no file takes two
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            return False
        return True


def is_folder(path: str) -> bool:
    """Whether there is a folder of that name, or a URL that ends in a slash or has files below it."""
    if not is_url(path):
        return os.path.isdir(path)
    if path.endswith("/"):
        return True
    with opened(path, OutputError) as (store, place, _):
        return bool(store.isdir(place))


def identity(url: str) -> tuple[int | None, str]:
    """Return the size of a file in bytes, and its version in the store (an ETag), or else its time."""
    with opened(url, ImageError) as (store, path, _):
        return _identity(store.info(path))


def _identity(info: Mapping[str, Any]) -> tuple[int | None, str]:
    found = next((info[mark] for mark in _MARKS if info.get(mark)), "")
    # Lists and answers about one file may have times as numbers or not.
    return info.get("size"), str(found.timestamp() if hasattr(found, "timestamp") else found)


def same(one: str, other: str) -> bool:
    """Whether two URLs name the same file."""
    with opened(one, ImageError) as (store, path, _), opened(other, ImageError) as (its, place, _):
        return store is its and bool(path == place)


class Found(NamedTuple):
    """A file in a store.

    Attributes
    ----------
    url
        Its whole URL.
    folder
        Its folder below the one that was searched.
    named
        Whether the pattern or URL named the file itself, not a folder above it.
    identity
        See `identity`; the version is empty where the store's list has none.
    """

    url: str
    folder: str = ""
    named: bool = False
    identity: tuple[int | None, str] = (None, "")


def find(url: str) -> list[Found]:
    """Return the files in a folder and those below it, in order; the file itself where it is one."""
    with opened(url, ImageError) as (store, path, _):
        names = sorted(store.find(path, detail=True).items())
        if [name for name, _ in names] == [path]:
            return [Found(url, named=True)]
        address, chain, rest = url.partition("::")
        base = address if address.endswith("/") else f"{address}/"
        return [_found(store, base, chain + rest, *one) for one in names]


def matches(pattern: str, *, recursive: bool) -> list[Found]:
    """Return what a pattern matches, in order; with `recursive`, for a folder the files in it."""
    with opened(pattern, ImageError) as (store, path, scheme):
        address, chain, rest = pattern.partition("::")
        wild = min(at for sign in "*?[" if (at := address.find(sign)) >= 0)
        base = address[: address.rfind("/", 0, wild) + 1]
        found = list[Found]()
        for name, info in sorted(store.glob(path, detail=True).items()):
            inside = recursive and info["type"] == "directory"
            names = sorted(store.find(name, detail=True).items()) if inside else [(name, info)]
            found += [_found(store, base, chain + rest, *one)._replace(named=not inside) for one in names]
        if not found and scheme not in _WEB and not store.isdir(store._strip_protocol(base)):
            where = public(base + chain + rest)
            raise ImageError(
                f"no pictures found: nothing matches {public(pattern)!r}",
                hint=f"there is no folder {where!r}",
            )
        return list({one.url: one for one in found}.values())


def _found(store: Any, base: str, chain: str, name: str, info: Mapping[str, Any]) -> Found:
    """Return the file that a store calls `name`, below the folder with the URL `base`."""
    root = store._strip_protocol(base).rstrip("/")
    below = name[len(root) :].lstrip("/")
    # Dots are names in stores and archives, but would lead out of the folder of the results.
    parts = plain(base + below.rstrip("/"))[len(plain(base)) :].split("/")[:-1]
    folders = [part for part in parts if part not in ("", ".", "..")]
    return Found(base + below + chain, "/".join(folders), identity=_identity(info))


def _start(store: Any, path: str, count: int = _SMALL) -> bytes:
    """Return a file's first bytes by one request; an error says that it is a folder."""
    try:
        return _range(store, path, count)
    except FileNotFoundError:
        if store.isdir(path):
            raise IsADirectoryError(path) from None
        raise


def _range(store: Any, path: str, count: int) -> bytes:
    try:
        return bytes(store.cat_file(path, start=0, end=count))
    except OSError as error:
        if "range" in str(error).lower() and store.info(path)["size"] == 0:
            return b""  # an empty object has no range
        raise


def _announced(file: Any) -> int:
    """Return the number of bytes that a server says it sends; 0 if it does not."""
    return getattr(file, "size", None) or getattr(getattr(file, "r", None), "content_length", None) or 0


def _refuse_existing(url: str) -> None:
    if exists(url):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), url)


def _put(store: Any, url: str, path: str, data: bytes, *, replace: bool) -> None:
    whole = {"chunksize": _ONE_REQUEST} if scheme_of(url) in _S3 else {}
    if not replace:
        try:
            store.pipe_file(path, data, mode="create", **whole)
            return
        except FileExistsError:
            if bytes(store.cat_file(path, start=0, end=len(data) + 1)) != data:
                raise
            return  # written by the first of two attempts, whose answer was lost
        except (OSError, TypeError) as error:  # a store that knows no conditions
            if getattr(error, "errno", errno.ENOSYS) != errno.ENOSYS:
                raise
            _refuse_existing(url)
    store.pipe_file(path, data, **whole)
