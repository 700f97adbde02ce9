"""Files by URL, such as ``s3://bucket/a.png`` and ``http://server/a.png``, by fsspec, of the extra `remote`.

fsspec is imported when the first URL is met. Its file systems are asked for anew each time, as they belong to
one process and thread; fsspec keeps them.
"""

import contextlib
import errno
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from convcli.errors import ConvcliError, ImageError, MissingExtraError, OutputError, unknown

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
    "plain",
    "public",
    "read_start",
    "read_url",
    "same",
    "write_url",
]

# A scheme, after those of a chain such as ``zip://a.png::s3://bucket/b.zip``. A letter alone is a disk.
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]+::)*([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
# A user's name and password in front of the server's name.
_LOGIN = re.compile(r"(?<=://)[^/\s'\"@]*@")
# Values of a query that sign it or that log in, or that are too long to be anything else.
_SECRET = re.compile(
    r"(?<=[?&;])([^=&;\s'\"]*(?:sig|token|secret|key|pass|pwd|auth|cred|session|policy|x-amz|x-goog)[^=&;\s'\"]*)"
    r"=[^&;\s'\"]+|(?<=[?&;])([^=&;\s'\"]+)=[^&;\s'\"]{24,}",
    re.IGNORECASE,
)

# Seconds in which a server takes a connection, and between two pieces of what it sends.
_CONNECT, _SILENCE = 10, 20
# Attempts at reading an answer of an S3 store; botocore makes three at each request.
_BODIES = 2
# What stores call the version of a file's content, or else its time.
_MARKS = ("ETag", "etag", "md5Hash", "LastModified", "Last-Modified", "last_modified", "mtime", "created")
# Bytes that are read from a server at a time.
_PIECE = 1 << 20


def is_url(path: str) -> bool:
    r"""Whether `path` has a scheme: ``C:\a.png`` and the kernel ``gaussian:sigma=2`` have none."""
    return "://" in path and _URL.match(path) is not None


def local(text: str) -> str:
    """Return the path that a ``file://`` URL names; any other text as it is."""
    if not text.lower().startswith("file://"):
        return text
    from urllib.parse import unquote, urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(text, allow_fragments=False)
    server = "" if parts.netloc.lower() == "localhost" else unquote(parts.netloc)
    return server + url2pathname(parts.path)


def public(text: str) -> str:
    """Return a text, such as a URL, without the passwords and signatures of the URLs in it."""
    if "://" not in text:
        return text
    return _SECRET.sub(lambda found: f"{found[1] or found[2]}=...", _LOGIN.sub("", text))


def plain(path: str) -> str:
    """Return the part of a URL that has the name and suffix of the file; of a path, all of it.

    That is without the query, without the archives of a chain, and with ``%20`` as a space.
    """
    if not is_url(path):
        return path
    from urllib.parse import unquote

    first, _, rest = path.partition("::")
    address = first if "://" in first else plain(rest)
    if address.lower().startswith(("http://", "https://")):
        return unquote(re.split(r"[?#]", address, maxsplit=1)[0])
    return re.sub(r"\?[^?/]*=[^/]*$", "", address)


def joined(folder: str, name: str) -> str:
    """Return the path or the URL of what is called `name` in `folder`."""
    if not is_url(folder):
        return os.path.join(folder, name)
    return f"{folder.rstrip('/')}/{name.replace(os.sep, '/')}" if name else folder


def read_url(url: str, most: int, kind: type[ConvcliError] = ImageError) -> bytes:
    """Return the bytes of the file at `url`, of which there may be so many; errors are of `kind`."""
    with _told(url, kind) as (store, path, scheme):
        if scheme not in ("http", "https"):
            small = _start(store, path)
            if len(small) < _PIECE:
                return small
            asked: dict[str, int] = {}
        else:
            asked = {"block_size": 0, "size": 1}  # one request, whose answer is read as it comes
        read = bytearray()
        with store.open(path, "rb", **asked) as file:
            size = _announced(file)
            while size <= most and (piece := file.read(_PIECE)):
                read += piece
                size = max(size, len(read))
        if size > most:
            more = ", or raise --max-pixels" if kind is ImageError else ""
            said = f"{public(url)!r}: its size {size} is above the limit of {most} bytes"
            raise kind(said, hint=f"name a smaller file{more}")
        return bytes(read)


def write_url(url: str, data: bytes, *, replace: bool) -> None:
    """Write the file at `url`, which afterwards holds all of `data`, or what it held before.

    Stores take it by one request, or in parts that become a file at the end. On servers of files it gets its
    name when it is complete. Without `replace`, a file that is there is a `FileExistsError`; stores that
    cannot decide this themselves are asked before, and another writer may be faster.
    """
    check_writable(url)
    with _told(url, OutputError) as (store, path, _):
        if not replace and store.exists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), url)
        if store.async_impl or _overrides_pipe_file(store):
            _put(store, path, data, replace=replace)
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
    with _told(url, ImageError) as (store, path, scheme):
        if scheme not in ("http", "https"):
            return _start(store, path, count)
        with store.open(path, "rb", block_size=0, size=1) as file:
            return bytes(file.read(count))


def check_writable(url: str) -> None:
    """Refuse to write to a URL that can only be read, or whose package is not installed."""
    with _told(url, OutputError) as (_, _, scheme):
        if scheme in ("http", "https") or "::" in url:
            what = "archives are" if "::" in url else "http is"
            raise OutputError(
                f"{public(url)!r} cannot be written: {what} only read",
                hint="name a folder, or a store such as s3://",
            )


def exists(path: str) -> bool:
    """Whether a file of that name is there, at a URL or a path.

    Where that may not be asked, it is not: writing it finds out.
    """
    if not is_url(path):
        return os.path.lexists(path)
    with _told(path, OutputError) as (store, place, _):
        try:
            return bool(store.info(place)["type"] != "directory")
        except (FileNotFoundError, PermissionError):
            return False


def is_folder(path: str) -> bool:
    """Whether there is a folder of that name, or a URL that ends in a slash or has files below it."""
    if not is_url(path):
        return os.path.isdir(path)
    if path.endswith("/"):
        return True
    with _told(path, OutputError) as (store, place, _):
        return bool(store.isdir(place))


def identity(url: str) -> tuple[int | None, str]:
    """Return the size of a file in bytes, and the store's word for its content, or else its time."""
    with _told(url, ImageError) as (store, path, _):
        return _identity(store.info(path))


def _identity(info: Mapping[str, Any]) -> tuple[int | None, str]:
    return info.get("size"), str(next((info[mark] for mark in _MARKS if info.get(mark)), ""))


def same(one: str, other: str) -> bool:
    """Whether two URLs name the same file."""
    with _told(one, ImageError) as (store, path, _), _told(other, ImageError) as (its, place, _):
        return store is its and bool(path == place)


class Found(NamedTuple):
    """A file in a store.

    Attributes
    ----------
    url
        What names it.
    folder
        Its folder below the one that was searched.
    named
        Whether the pattern or URL named the file itself, not a folder above it.
    identity
        See `identity`; without a word for its content where the store's list has none.
    """

    url: str
    folder: str = ""
    named: bool = False
    identity: tuple[int | None, str] = (None, "")


def is_pattern(url: str) -> bool:
    """Whether a URL has a wildcard; in http, a question mark begins the query."""
    address = url.partition("::")[0]
    if address.lower().startswith(("http://", "https://")):
        return bool(set(address.partition("?")[0]) & set("*["))
    return bool(set(re.sub(r"\?[^?/]*=[^/]*$", "", address)) & set("*?["))


def find(url: str) -> list[Found]:
    """Return the files in a folder and those below it, in order; the file itself where it is one."""
    with _told(url, ImageError) as (store, path, _):
        names = sorted(store.find(path, detail=True).items())
        if [name for name, _ in names] == [path]:
            return [Found(url, named=True)]
        address, chain, rest = url.partition("::")
        base = address if address.endswith("/") else f"{address}/"
        return [_found(store, base, chain + rest, *one) for one in names]


def matches(pattern: str, *, recursive: bool) -> list[Found]:
    """Return what a pattern matches, in order; with `recursive`, for a folder the files in it."""
    with _told(pattern, ImageError) as (store, path, _):
        address, chain, rest = pattern.partition("::")
        wild = min(at for sign in "*?[" if (at := address.find(sign)) >= 0)
        base = address[: address.rfind("/", 0, wild) + 1]
        found = list[Found]()
        for name, info in sorted(store.glob(path, detail=True).items()):
            inside = recursive and info["type"] == "directory"
            names = sorted(store.find(name, detail=True).items()) if inside else [(name, info)]
            found += [_found(store, base, chain + rest, *one)._replace(named=not inside) for one in names]
        if not found and not store.isdir(store._strip_protocol(base)):
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
    folder = below.rstrip("/").rpartition("/")[0]
    return Found(base + below + chain, folder, identity=_identity(info))


@contextlib.contextmanager
def _told(url: str, kind: type[ConvcliError]) -> Iterator[tuple[Any, str, str]]:
    """Yield the file system of `url`, its path there, and its scheme; any failure is one error of `kind`."""
    found = _URL.match(url)
    scheme = found[1].lower() if found else ""
    try:
        store, path = _store(url)
        store.invalidate_cache()  # others write there too
        yield store, path, scheme
    except (ConvcliError, FileExistsError):
        raise
    except Exception as error:  # any library may be behind a store
        from convcli.store_errors import explained

        raise explained(public(url), scheme, error, kind) from error


# For what a library reads and writes there, as of Zarr.
opened = _told


def _store(url: str) -> tuple[Any, str]:
    name = repr(public(url))
    try:
        from fsspec import available_protocols
        from fsspec.config import conf
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtraError(name, "remote") from None
    import logging

    for library in ("asyncio", "fsspec", "s3fs", "aiobotocore", "botocore", "aiohttp"):
        logging.getLogger(library).addHandler(logging.NullHandler())  # what they would print on stderr
    schemes = {part.partition("://")[0] for part in url.split("::")}
    known = available_protocols()
    if other := [scheme for scheme in schemes if scheme not in known]:
        raise unknown(f"{name}: scheme", other[0], known, listing="such as s3, gs, http, ftp, sftp and zip")
    try:
        store, path = url_to_fs(url, **{scheme: _options(scheme, conf.get(scheme, {})) for scheme in schemes})
    except ImportError as error:
        missing = MissingExtraError(name, "remote")
        if not schemes & {"s3", "s3a", "http", "https"}:
            missing.hint = str(error)  # fsspec's, which names the package
        raise missing from error
    if schemes & {"s3", "s3a"}:
        store.retries = _BODIES
    return store, path


def _options(scheme: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of a file system that bound its waiting; those `chosen` already are stronger."""
    ours: dict[str, dict[str, object]] = {}
    if scheme in ("http", "https"):
        from aiohttp import ClientTimeout

        timeout = ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE)
        ours = {"client_kwargs": {"timeout": timeout, "trust_env": True}}
    elif scheme in ("s3", "s3a"):
        waits = {"connect_timeout": _CONNECT, "read_timeout": _SILENCE, "retries": {"mode": "standard"}}
        ours = {"config_kwargs": waits}
    return {name: {**values, **chosen.get(name, {})} for name, values in ours.items()}


def _start(store: Any, path: str, count: int = _PIECE) -> bytes:
    """Return a file's first bytes by one request."""
    try:
        return bytes(store.cat_file(path, start=0, end=count))
    except FileNotFoundError:
        if store.isdir(path):
            raise IsADirectoryError(path) from None
        raise
    except OSError as error:
        if "range" in str(error).lower() and store.info(path)["size"] == 0:
            return b""  # an empty object has no range
        raise


def _announced(file: Any) -> int:
    """Return the number of bytes that a server says it sends; 0 if it does not."""
    return getattr(file, "size", None) or getattr(getattr(file, "r", None), "content_length", None) or 0


def _overrides_pipe_file(store: Any) -> bool:
    from fsspec import AbstractFileSystem

    return type(store).pipe_file is not AbstractFileSystem.pipe_file


def _put(store: Any, path: str, data: bytes, *, replace: bool) -> None:
    try:
        store.pipe_file(path, data, mode="overwrite" if replace else "create")
    except OSError as error:
        if replace or error.errno != errno.ENOSYS:  # a store that knows no conditions
            raise
        store.pipe_file(path, data)
