"""File systems by URL, as fsspec has them: imported when the first URL is met, with waiting that has an end.

They are asked for anew each time, as they belong to one process and thread; fsspec keeps them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from convcli.errors import ConvcliError, MissingExtraError, unknown
from convcli.stores.urls import public, scheme_of

__all__ = ["opened"]

# Seconds in which a web server takes a connection, and between two pieces of what it sends.
_CONNECT, _SILENCE = 10, 30
# Attempts at a request and at reading its answer, of botocore, and twice over of s3fs. Each waits for 15
# seconds of silence: a store that never answers is given up after two minutes.
_ATTEMPTS = 2


@contextmanager
def opened(url: str, kind: type[ConvcliError]) -> Iterator[tuple[Any, str, str]]:
    """Yield the file system of `url`, its path there, and its scheme; any failure is one error of `kind`."""
    scheme = scheme_of(url)
    try:
        store, path = _store(url)
        store.invalidate_cache()  # others write there too
        yield store, path, scheme
    except (ConvcliError, FileExistsError):
        raise
    except Exception as error:  # any library may be behind a store
        from convcli.stores.store_errors import explained

        raise explained(public(url), scheme, error, kind) from error


def _store(url: str) -> tuple[Any, str]:
    name = repr(public(url))
    try:
        from fsspec import available_protocols, registry
        from fsspec.config import conf
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtraError(name, "remote") from None
    _silence()
    links = [link.partition("://") for link in url.split("::")]
    if not links[-1][1]:  # an archive on the disk, as in zip://a.png::archive.zip
        links[-1] = ("file", "://", links[-1][0])
    links = [(scheme.lower(), sign, rest) for scheme, sign, rest in links]
    url = "::".join(map("".join, links))
    schemes = {link[0] for link in links}
    known = {*available_protocols(), *registry}
    if other := [scheme for scheme in schemes if scheme not in known]:
        raise unknown(f"{name}: scheme", other[0], known, listing="such as s3, gs, http, ftp, sftp and zip")
    try:
        store, path = url_to_fs(
            url, **{scheme: _options(scheme, url, conf.get(scheme, {})) for scheme in schemes}
        )
    except ImportError as error:
        missing = MissingExtraError(name, "remote")
        if not schemes & {"s3", "s3a", "http", "https"}:
            missing.hint = str(error)  # fsspec's, which names the package
        raise missing from error
    if schemes & {"s3", "s3a"}:
        store.retries = _ATTEMPTS
    return store, path


@cache
def _silence() -> None:
    """Keep from stderr what the libraries log, as about connections that are still open at the end."""
    import logging

    for library in ("asyncio", "fsspec", "s3fs", "aiobotocore", "botocore", "aiohttp"):
        logging.getLogger(library).addHandler(logging.NullHandler())


def _options(scheme: str, url: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of a file system that bound its waiting; those `chosen` already are stronger."""
    name, ours, others = "", dict[str, object](), dict[str, object]()
    if scheme in ("http", "https"):
        from aiohttp import ClientTimeout

        timeout = ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE)
        name, ours = "client_kwargs", {"timeout": timeout, "trust_env": True}
        if "%" in url and url.isascii() and " " not in url:
            others = {"encoded": True}  # signatures are about addresses as they stand
    elif scheme in ("s3", "s3a"):
        name, ours = "config_kwargs", {"retries": {"mode": "standard", "total_max_attempts": _ATTEMPTS}}
    return {name: {**ours, **chosen.get(name, {})}, **others} if name else {}
