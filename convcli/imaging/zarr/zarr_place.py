"""Where Zarr stores are: folders, arrays within them, and zip files; nothing here needs the package zarr."""

import io
import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from convcli.errors import ImageError
from convcli.limits import PIPE_BYTES, PIPE_LEAST, Limit
from convcli.stores.files import is_url

__all__ = ["METADATA", "ZarrPlace", "is_store", "zarr_place", "zipped_store"]

# Names of the metadata files of an array or a group, of Zarr v3 and v2: a folder with one of them is a store.
METADATA = ("zarr.json", ".zarray", ".zgroup")
# A URL of a store, and of what is in it.
_NAMED = re.compile(r"([^?#]*?[^/?#]\.zarr)/*(?:(?<=/)([^?#]+?)/*)?", re.IGNORECASE)


class ZarrPlace(NamedTuple):
    """A store, and the path of an array or group within it, empty for its root."""

    store: str
    member: str = ""


def is_store(path: str) -> bool:
    """Whether `path` is a folder with the metadata of a Zarr array or group."""
    return os.path.isdir(path) and any(os.path.isfile(os.path.join(path, name)) for name in METADATA)


def zarr_place(path: str) -> ZarrPlace | None:
    """Return the outermost store that `path` is, or is in; None where it is in none.

    A path of which nothing is there counts if it passes through a store called ``*.zarr``: a misspelt array.
    Of a URL, the name alone tells: a store is what is called ``*.zarr``.
    """
    if is_url(path):
        found = _NAMED.fullmatch(path)
        return ZarrPlace(found[1], found[2] or "") if found else None
    if not os.path.isdir(path) and (".zarr" not in path.lower() or os.path.exists(path)):
        return None
    place, here, member = None, path.rstrip(os.sep), ""
    while here:
        if is_store(here):
            place = ZarrPlace(here, member)
        elif place is not None:
            break
        here, name = os.path.split(here)
        if name in ("", os.pardir):
            break
        member = f"{name}/{member}" if member else name
    return place


def zipped_store(data: bytes, name: str, max_pixels: int) -> Mapping[str, bytes] | None:
    """Return the files of a store that is a zip file, at its top or in a folder; None if it is another."""
    from zipfile import BadZipFile, ZipFile
    from zlib import error as ZlibError  # noqa: N812

    try:
        archive = ZipFile(io.BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError):  # said of it as of an .npz
        return None
    entries = archive.infolist()
    tops = [os.path.split(one.filename)[0] for one in entries if one.filename.endswith(METADATA)]
    if not tops:
        return None
    top = min(tops, key=len)
    Limit(f"{name!r}, unpacked,", PIPE_BYTES * max_pixels + PIPE_LEAST, "bytes").check(
        sum(one.file_size for one in entries), "raise --max-pixels", ImageError
    )
    inside = [one for one in entries if one.filename.startswith(top)]
    try:
        return {one.filename.removeprefix(top).lstrip("/"): archive.read(one) for one in inside}
    except (BadZipFile, ZlibError, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise ImageError(
            f"{name!r} cannot be unpacked: {error}", hint="write or copy it once more"
        ) from error
