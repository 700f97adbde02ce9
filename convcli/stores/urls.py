"""URLs as people write them and as they are shown; nothing here asks a server."""

import os
import re

__all__ = ["is_pattern", "is_url", "joined", "local", "plain", "public", "scheme_of"]

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


def is_url(path: str) -> bool:
    r"""Whether `path` has a scheme: ``C:\a.png`` and the kernel ``gaussian:sigma=2`` have none."""
    return "://" in path and _URL.match(path) is not None


def scheme_of(url: str) -> str:
    """Return the first scheme of a URL that has a server or a bucket; empty if there is none."""
    found = _URL.match(url)
    return found[1].lower() if found else ""


def is_pattern(url: str) -> bool:
    """Whether a URL has a wildcard; in http, a question mark begins the query."""
    address = url.partition("::")[0]
    if address.lower().startswith(("http://", "https://")):
        return bool(set(address.partition("?")[0]) & set("*["))
    return bool(set(re.sub(r"\?[^?/]*=[^/]*$", "", address)) & set("*?["))


def local(text: str) -> str:
    """Return the path that a ``file://`` URL names; any other text as it is."""
    if not text.lower().startswith("file://"):
        return text
    from urllib.parse import unquote, urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(text, allow_fragments=False)
    server = "" if parts.netloc.lower() == "localhost" else unquote(parts.netloc)
    return server + url2pathname(parts.path)


def joined(folder: str, name: str) -> str:
    """Return the path or the URL of what is called `name` in `folder`."""
    if not is_url(folder):
        return os.path.join(folder, name)
    slash = "" if folder.endswith("/") or not name else "/"
    return f"{folder}{slash}{name.replace(os.sep, '/')}"


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


def public(text: str) -> str:
    """Return a text, such as a URL, without the passwords and signatures of the URLs in it."""
    if "://" not in text:
        return text
    return _SECRET.sub(lambda found: f"{found[1] or found[2]}=...", _LOGIN.sub("", text))
