"""Zarr stores written whole or not at all: beside their place, and renamed when they are on the disk."""

import io
import os
from collections.abc import Mapping
from contextlib import ExitStack
from filecmp import cmpfiles
from typing import TYPE_CHECKING
from zipfile import ZipFile

from convcli.atomic_write import already_there, failure
from convcli.choices import Compress, Layout
from convcli.errors import OutputError
from convcli.imaging.bands import Storage
from convcli.imaging.image import Image
from convcli.imaging.writing.zarr_arrays import ChunkRows, Levels, writing
from convcli.imaging.zarr.zarr_extra import zarr_module
from convcli.imaging.zarr.zarr_place import is_store
from convcli.stores.files import is_url
from convcli.temporary_files import removed_after, temporary_name

if TYPE_CHECKING:
    from convcli.imaging.zarr.zarr_urls import ZarrUrl

__all__ = ["ZarrBands", "ZarrFolder", "write_store"]

# Files of a store that are put on the disk one by one; with more, all that the system holds back is.
_FEW = 256
# The suffix of files that zarr has begun to write.
_UNFINISHED = ".partial"


class ZarrFolder:
    """A folder that gets its name when it is complete; `temporary` is where it is until then."""

    def __init__(self, path: str, *, replace: bool, again: bool = False) -> None:
        self._path, self._replace, self._again = path, replace, again
        self._target = os.path.realpath(path)
        self._check()
        self._removing = ExitStack()
        try:
            self.temporary = temporary_name(os.path.dirname(self._target))
            self._removing.enter_context(removed_after(self.temporary))
            os.mkdir(self.temporary)
            self.store = zarr_module().storage.LocalStore(self.temporary)
        except OSError as error:
            self.abort()
            raise failure(path, error, self._target) from error

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files."""
        for name, content in files.items():
            place = os.path.join(self.temporary, *name.split("/"))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(content)

    def finish(self) -> None:
        """Put all files on the disk, and rename the folder; one that it replaces is removed then."""
        with self._removing:
            try:
                _sync(self.temporary)
                if self._again and not self._replace and _are_same(self.temporary, self._target):
                    return  # what was interrupted has written it
                self._again = False
                self._check()
                self._give_name()
            except OSError as error:
                raise failure(self._path, error, self._target) from error

    def _give_name(self) -> None:
        if not os.path.lexists(self._target):
            os.rename(self.temporary, self._target)
            return
        old = f"{self.temporary}.old"  # a name that nobody removes, until the new store is in its place
        os.rename(self._target, old)
        try:
            os.rename(self.temporary, self._target)
        except BaseException:
            os.rename(old, self._target)
            raise
        os.rename(old, self.temporary)  # which is removed

    def abort(self) -> None:
        """Remove the folder, unless it has its name."""
        self._removing.close()

    def _check(self) -> None:
        """Refuse a place that is taken, and to replace what is no store: all files in it would be lost."""
        if not os.path.lexists(self._target):
            return
        if not (self._replace or self._again):
            raise already_there(self._path)
        if not os.path.isdir(self._target) or (os.listdir(self._target) and not is_store(self._target)):
            raise OutputError(
                f"{self._path!r} is there and is not a Zarr store", hint="choose another name, or remove it"
            )


def _are_same(one: str, other: str) -> bool:
    """Whether two folders have the same files."""
    names, others = (
        {os.path.relpath(os.path.join(here, name), top) for here, _, names in os.walk(top) for name in names}
        for top in (one, other)
    )
    return names == others and not any(cmpfiles(one, other, names, shallow=False)[1:])


def _made_at(path: str, *, replace: bool, again: bool = False) -> "ZarrFolder | ZarrUrl":
    zarr_module()
    if not is_url(path):
        return ZarrFolder(path, replace=replace, again=again)
    from convcli.imaging.zarr.zarr_urls import ZarrUrl

    return ZarrUrl(path, replace=replace)


class ZarrBands:
    """A picture that is written band after band into a folder, or to a URL."""

    def __init__(
        self,
        path: str,
        header: Image,
        storage: Storage,
        *,
        levels: int = 1,
        compress: Compress = Compress.FAST,
        replace: bool = True,
        again: bool = False,
        layout: Layout = Layout.HWC,
    ) -> None:
        self._name, self._elsewhere, self._made = path, False, _made_at(path, replace=replace, again=again)
        try:
            self._levels = Levels(
                self._made.store,
                header,
                path,
                tile=storage.tile,
                levels=levels,
                compress=compress,
                layout=layout,
            )
        except BaseException:
            self.abort()
            raise

    def write(self, rows: Image) -> None:
        """Write the rows that follow those written before."""
        self._levels.write(rows.frames[0].stacked())

    def part(self) -> ChunkRows:
        """Return how other processes write the rows, instead of :meth:`write`."""
        self._elsewhere = True
        return self._levels.parts[0]

    def finish(self) -> list[str]:
        """Give the folder its name."""
        with writing(self._name):
            if self._elsewhere:
                self._levels.halve()
            else:
                self._levels.write(None)
            self._made.finish()
        return []

    def abort(self) -> None:
        """Leave nothing behind; nothing happens after :meth:`finish`."""
        self._made.abort()


def write_store(path: str, data: bytes, *, replace: bool, again: bool) -> None:
    """Write the store in a zip file to a folder or URL, which then holds it, or what it held before."""
    with ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    if again and not replace and _held(path) == files:
        return
    made = _made_at(path, replace=replace)
    try:
        made.put(files)
        made.finish()
    except OSError as error:
        raise failure(path, error) from error
    finally:
        made.abort()


def _held(path: str) -> dict[str, bytes]:
    """Return the files of a store, none where there is no store."""
    if is_url(path):
        from convcli.imaging.zarr.zarr_urls import held

        return held(path)
    found = dict[str, bytes]()
    for here, _, names in os.walk(path):
        for place in (os.path.join(here, name) for name in names):
            with open(place, "rb") as file:
                found[os.path.relpath(place, path).replace(os.sep, "/")] = file.read()
    return found


def _sync(folder: str) -> None:
    """Put the files of a folder on the disk; what a writer that was killed has left is removed."""
    paths = [os.path.join(here, name) for here, _, names in os.walk(folder) for name in ("", *names)]
    for path in paths:
        if path.endswith(_UNFINISHED):
            os.unlink(path)
        elif len(paths) <= _FEW:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    if len(paths) > _FEW:
        os.sync()
