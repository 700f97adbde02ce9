"""Files as a manifest knows them: by size, time of the last change, and a digest of results."""

import os
import stat
from typing import NamedTuple

from convcli.errors import ConvcliError
from convcli.imaging.zarr.zarr_place import zarr_place
from convcli.stores.files import find, identity, is_url

__all__ = ["MANIFEST", "Stamp", "Written", "stamp"]

# The name of the manifest in the folder of the results.
MANIFEST = ".convcli-manifest.jsonl"


class Stamp(NamedTuple):
    """Bytes, and nanoseconds of the last change or a store's word for it: another one is another content."""

    size: int | None
    changed: int | str


class Written(NamedTuple):
    """A result as it was written; without a digest where it is in a store and its bytes are not in memory."""

    path: str
    size: int | None
    changed: int | str
    sha256: str = ""
    kind: str = "output"  # or "sheet", or "map"

    @classmethod
    def of(cls, path: str, data: bytes | None = None) -> "Written | None":
        """Return what is at `path`: `data`, if they are known; None for a pipe or a device."""
        made = stamp(path)
        if made is None:
            return None
        return cls(path, *made, _sha256(data) if data is not None else _digest(path))

    def is_whole(self) -> bool:
        """Whether the file is as it was written; where only its time differs, as in a copy, it is read."""
        now = stamp(self.path)
        if now is None or now.size != self.size:
            return False
        return now.changed == self.changed or (self.sha256 != "" and _digest(self.path) == self.sha256)


def stamp(path: str) -> Stamp | None:
    """Return the stamp of a file, or of a folder with all that is in it; None where there is neither.

    Of folders at URLs, only Zarr stores have one. Where servers tell neither a version nor a time, there is
    none either.
    """
    if is_url(path):
        try:
            if zarr_place(path) is None:
                size, version = identity(path)
                return Stamp(size, version) if version else None
            listed = [(one.url.removeprefix(path), *one.identity) for one in find(path)]
        except ConvcliError:
            return None
        if not listed or not all(version for _, _, version in listed):
            return None
        return Stamp(sum(size or 0 for _, size, _ in listed), _sha256(repr(listed).encode()))
    try:
        found = os.stat(path)
        if stat.S_ISREG(found.st_mode):
            return Stamp(found.st_size, found.st_mtime_ns)
        if not stat.S_ISDIR(found.st_mode):
            return None
        parts = [os.stat(os.path.join(here, name)) for here, _, names in os.walk(path) for name in names]
    except (OSError, ValueError):
        return None
    newest = max([found.st_mtime_ns, *(part.st_mtime_ns for part in parts)])
    return Stamp(sum(part.st_size for part in parts), newest)


def _digest(path: str) -> str:
    """Return the digest of a file, or of the names and the digests of all files in a folder."""
    from hashlib import file_digest

    try:
        if os.path.isdir(path):
            places = [os.path.join(here, name) for here, _, names in os.walk(path) for name in names]
            lines = sorted(f"{os.path.relpath(place, path)}\0{_digest(place)}\n" for place in places)
            return _sha256(os.fsencode("".join(lines)))
        with open(path, "rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _sha256(data: bytes) -> str:
    from hashlib import sha256  # here for start-up: few commands have several inputs

    return sha256(data).hexdigest()
